// SCRAM by the examples of RFC 5802's successor for SHA-256 (RFC 7677), and against servers that are not what they seem.

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  ScramFailed,
  scramFinal,
  scramFirst,
  scramVerify,
  type ScramUser,
} from "../../../src/log/kafka/client/login/scram.ts";

const USER: ScramUser = { hash: "sha256", username: "user", password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO" };
const SERVER_FIRST = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

describe("SCRAM", () => {
  it("says and awaits what RFC 7677 has", async () => {
    expect(scramFirst(USER)).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    const final = await scramFinal(USER, SERVER_FIRST);
    expect(final.message).toBe(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    );
    scramVerify(final, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  });

  it("proves with SHA-512 what a server checks that has the stored key only", async () => {
    const user: ScramUser = { ...USER, hash: "sha512", username: "a=b,c" };
    const serverFirst = `r=${user.nonce}more,s=${Buffer.from("salt").toString("base64")},i=4096`;
    const { message } = await scramFinal(user, serverFirst);
    const [withoutProof = "", proof = ""] = message.split(",p=");
    expect(scramFirst(user)).toBe(`n,,n=a=3Db=2Cc,r=${user.nonce}`);
    const salted = pbkdf2Sync(user.password, "salt", 4_096, 64, "sha512");
    const stored = createHash("sha512").update(createHmac("sha512", salted).update("Client Key").digest()).digest();
    const said = `${scramFirst(user).slice(3)},${serverFirst},${withoutProof}`;
    const signature = createHmac("sha512", stored).update(said).digest();
    const clientKey = Buffer.from(proof, "base64").map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash("sha512").update(clientKey).digest()).toEqual(stored);
  });

  it.each([
    ["a nonce that is not ours", SERVER_FIRST.replace("r=rO", "r=xx"), /nonce/],
    ["our nonce and nothing more", `r=${USER.nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, /nonce/],
    ["too few iterations", SERVER_FIRST.replace("i=4096", "i=1"), /asks for 1 iterations/],
    ["iterations to keep us busy", SERVER_FIRST.replace("i=4096", "i=2000000000"), /2000000000 iterations/],
    ["iterations that are no number", SERVER_FIRST.replace("i=4096", "i=4096x"), /4096x iterations/],
    ["no salt", SERVER_FIRST.replace(/s=[^,]+/, "s="), /no salt/],
    ["nothing", "", /nonce/],
    ["an error", "e=other-error", /nonce/],
  ])("refuses a server that answers with %s", async (_, serverFirst, message) => {
    await expect(scramFinal(USER, serverFirst)).rejects.toThrow(message);
    await expect(scramFinal(USER, serverFirst)).rejects.toBeInstanceOf(ScramFailed);
  });

  it.each([
    ["another's signature", `v=${Buffer.alloc(32, 1).toString("base64")}`, /does not know the password/],
    ["part of the signature", "v=6rriTRBi", /does not know the password/],
    ["no signature", "", /does not know the password/],
    ["an error", "e=invalid-proof", /invalid-proof/],
  ])("refuses a server that ends with %s", async (_, serverFinal, message) => {
    const final = await scramFinal(USER, SERVER_FIRST);
    expect(() => scramVerify(final, serverFinal)).toThrow(message);
  });
});
