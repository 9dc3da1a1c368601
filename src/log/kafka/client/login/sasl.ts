// SASL
// Tells a broker who we are: PLAIN, or SCRAM, in which the broker proves itself too. The password is read each time, so that
// one that was changed in its file is taken.

import { randomBytes } from "node:crypto";
import type { Call } from "../../protocol/calls.ts";
import { saslAuthenticate, saslHandshake } from "../../protocol/sasl-calls.ts";
import type { KafkaSasl } from "../../settings.ts";
import { scramFinal, scramFirst, scramVerify, type ScramUser } from "./scram.ts";

export type Ask = <T>(call: Call<T>) => Promise<T>;

/** Answers for how long it holds, in ms; 0: for as long as the connection. */
export async function authenticate(ask: Ask, { mechanism, username, password }: KafkaSasl): Promise<number> {
  await ask(saslHandshake(mechanism.toUpperCase()));
  const say = async (text: string) => await ask(saslAuthenticate(Buffer.from(text)));
  if (mechanism === "plain") return (await say(`\0${username}\0${password}`)).lifetimeMs;
  const nonce = randomBytes(24).toString("base64url");
  const user: ScramUser = { hash: mechanism === "scram-sha-256" ? "sha256" : "sha512", username, password, nonce };
  const first = await say(scramFirst(user));
  const final = await scramFinal(user, first.bytes.toString("utf8"));
  const last = await say(final.message);
  scramVerify(final, last.bytes.toString("utf8"));
  return last.lifetimeMs;
}
