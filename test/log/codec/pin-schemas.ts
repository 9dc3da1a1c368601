// Pins the schemas as they are now: keeps the committed version of each that has changed in schemas/history/, shows
// that the new one can read it, and writes schemas/fingerprints.json. Run it after a change to a schema.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { defineCodec } from "../../../src/log/codec/codec.ts";
import { fingerprint, loadSchemas, type Schema } from "../../../src/log/codec/schemas.ts";

const FOLDER = new URL("../../../schemas/", import.meta.url);
const PINS = new URL("fingerprints.json", FOLDER);

const before = (existsSync(PINS) ? JSON.parse(readFileSync(PINS, "utf8")) : {}) as Record<string, string>;
const after: Record<string, string> = {};

for (const file of readdirSync(FOLDER).toSorted()) {
  if (!file.endsWith(".avsc")) continue;
  const name = file.slice(0, -5);
  const { current, earlier } = loadSchemas(name);
  after[name] = fingerprint(current);
  const pinned = before[name];
  if (pinned === undefined || pinned === after[name]) continue;
  const old = committed(file);
  const schema = old === undefined ? undefined : (JSON.parse(old) as Schema);
  if (old === undefined || schema === undefined || fingerprint(schema) !== pinned) {
    console.log(`${name}: ${pinned} → ${after[name]}; the one before was never committed, so it is not kept`);
    continue;
  }
  defineCodec(name, current, [...earlier, schema]);
  const history = new URL(`history/${name}/`, FOLDER);
  mkdirSync(history, { recursive: true });
  writeFileSync(new URL(`${pinned}.avsc`, history), old);
  console.log(`${name}: ${pinned} → ${after[name]}, and reads the one before`);
}
writeFileSync(PINS, `${JSON.stringify(after, null, 2)}\n`);

function committed(file: string): string | undefined {
  try {
    return execFileSync("git", ["show", `HEAD:./${file}`], { cwd: FOLDER, encoding: "utf8", stdio: "pipe" });
  } catch {
    return undefined;
  }
}
