// Worker: plays every so-manieth seed of a range in a thread of its own, and tells each result.

import { parentPort, workerData } from "node:worker_threads";
import { must } from "../../src/domain/assert.ts";
import { runDay } from "./run.ts";

const { from, to, step } = workerData as { readonly from: number; readonly to: number; readonly step: number };
const port = must(parentPort, "the thread that asked");
for (let seed = from; seed < to; seed += step) port.postMessage(await runDay(seed));
