// SCRAM
// The client's side of RFC 5802, without channel binding: it proves that it knows the password without sending it, and the
// server must prove that it knows it too. As with Kafka's own clients, names and passwords are UTF-8 as they stand (no SASLprep).

import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

export type ScramHash = "sha256" | "sha512";

/** RFC 5802 asks for 4,096 at least; Kafka itself takes up to 16,384. More would let a false server keep us computing. */
const MIN_ITERATIONS = 4_096;
const MAX_ITERATIONS = 1_000_000;
/** No channel binding, no other identity to act as. */
const GS2_HEADER = "n,,";

export interface ScramUser {
  readonly hash: ScramHash;
  readonly username: string;
  readonly password: string;
  /** Fresh for each authentication, printable, without a comma. */
  readonly nonce: string;
}

export interface ScramFinal {
  readonly message: string;
  /** What the server's last message must hold. */
  readonly serverSignature: Buffer;
}

export class ScramFailed extends Error {
  override name = "ScramFailed";
}

export function scramFirst(user: ScramUser): string {
  return GS2_HEADER + firstBare(user);
}

/** Answers the server's first message; throws `ScramFailed` where that is none, or not an answer to ours. */
export async function scramFinal(user: ScramUser, serverFirst: string): Promise<ScramFinal> {
  const { r: nonce = "", s: salt = "", i = "" } = attributes(serverFirst);
  if (!nonce.startsWith(user.nonce) || nonce.length === user.nonce.length)
    throw new ScramFailed("the server's nonce does not continue ours");
  const iterations = /^\d+$/.test(i) ? Number(i) : NaN;
  if (!(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS))
    throw new ScramFailed(
      `the server asks for ${i || "no"} iterations: ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are done`,
    );
  const saltBytes = Buffer.from(salt, "base64");
  if (saltBytes.length === 0) throw new ScramFailed("the server sent no salt");

  const { hash } = user;
  const bytes = createHash(hash).digest().length;
  const salted = await promisify(pbkdf2)(user.password, saltBytes, iterations, bytes, hash);
  const clientKey = hmac(hash, salted, "Client Key");
  const storedKey = createHash(hash).update(clientKey).digest();
  const withoutProof = `c=${Buffer.from(GS2_HEADER).toString("base64")},r=${nonce}`;
  const authMessage = `${firstBare(user)},${serverFirst},${withoutProof}`;
  const signature = hmac(hash, storedKey, authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!));
  return {
    message: `${withoutProof},p=${proof.toString("base64")}`,
    serverSignature: hmac(hash, hmac(hash, salted, "Server Key"), authMessage),
  };
}

/** Throws `ScramFailed` unless the server has proved that it knows the password. */
export function scramVerify({ serverSignature }: ScramFinal, serverFinal: string): void {
  const { e: error, v = "" } = attributes(serverFinal);
  if (error !== undefined) throw new ScramFailed(`the server says: ${error}`);
  const signature = Buffer.from(v, "base64");
  if (signature.length !== serverSignature.length || !timingSafeEqual(signature, serverSignature))
    throw new ScramFailed("the server does not know the password: is it the right one?");
}

function firstBare({ username, nonce }: ScramUser): string {
  return `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
}

function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(hash: ScramHash, key: Buffer, data: string): Buffer {
  return createHmac(hash, key).update(data).digest();
}
