// Train usage: one training with the defaults, as `stipend train` makes it, in a process of its own; prints as JSON what it
// took.
//
//   node benchmarks/learn/train-usage.ts LOG MAPPING

import { readFile } from "node:fs/promises";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import { LEARN_OPTIONS } from "../../src/learn/train-options.ts";
import { trainRelease } from "../../src/learn/train.ts";

const [log = "", mapping = ""] = process.argv.slice(2);
const startMs = performance.now();
await trainRelease({
  files: [log],
  mapping: parseMapping(await readFile(mapping, "utf8"), mapping),
  options: LEARN_OPTIONS,
  seed: 1,
  backend: "auto",
  progress: () => undefined,
  elapsedMs: () => performance.now() - startMs,
});
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const usage = {
  seconds: (performance.now() - startMs) / 1000,
  processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
  gibibytes: maxRSS / 1024 ** 2,
};
console.log(JSON.stringify(usage));
