// npm run fuzz:reader [-- CASES [SEED]]: mutated logs, 10,000 of them unless told otherwise, each read rightly or refused.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fuzzReader } from "./reader-fuzz.ts";

const [cases = "10000", seed = "reader"] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "stipend-fuzz-"));
const ended = { read: 0, refused: 0 };
let wrong = 0;
for (let at = 0; at < Number(cases); at += 1) {
  try {
    ended[await fuzzReader(`${seed}:${at}`, folder)] += 1;
  } catch (error) {
    wrong += 1;
    console.error(error instanceof Error ? error.message : String(error));
  }
  if ((at + 1) % 500 === 0) console.error(`${at + 1} of ${cases}: ${JSON.stringify({ ...ended, wrong })}`);
}
await rm(folder, { recursive: true });
console.log(JSON.stringify({ cases: Number(cases), seed, ...ended, wrong }));
process.exitCode = wrong > 0 ? 1 : 0;
