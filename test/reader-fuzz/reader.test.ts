// A thousand mutated logs, CSV and Parquet, and mappings: each is read to the right figures, or refused with where and what.
// `npm run fuzz:reader` takes ten thousand.

import { expect, test } from "vitest";
import { fuzzReader } from "./reader-fuzz.ts";
import { temporaryFolder } from "../learn/log-files.ts";

const CASES = 250;
/** For a machine that is busy with something else. */
const TIMEOUT_MS = 600_000;

test.each(["north", "east", "south", "west"])("the seeds of the %s", { timeout: TIMEOUT_MS }, async (name) => {
  const folder = await temporaryFolder();
  const ended = { read: 0, refused: 0 };
  for (let at = 0; at < CASES; at += 1) ended[await fuzzReader(`${name}:${at}`, folder)] += 1;
  // A reader that refused everything would never be wrong.
  expect(ended.read).toBeGreaterThan(CASES / 4);
  expect(ended.refused).toBeGreaterThan(CASES / 4);
});
