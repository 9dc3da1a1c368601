// Writes cycle after cycle into a store on disk, as fast as it can, until it is killed: in each all keys become the cycle's
// number, which is also when they are due.
//
//   node store-worker.ts <folder>

import { lmdbStores } from "../../src/task/lmdb-store.ts";
import { STORE_WORKER_KEYS } from "./store-keys.ts";

const store = lmdbStores(process.argv[2] ?? "")(0, (_, value) => Number(Buffer.from(value).toString()));
for (let cycle = (store.stamp()?.cycle ?? 0) + 1; ; cycle += 1) {
  const value = Buffer.from(String(cycle));
  const changes = Array.from({ length: STORE_WORKER_KEYS }, (_, key) => [`key-${key}`, value] as const);
  store.apply(changes, { changelogEnd: cycle, lineage: "worker", cycle, atMs: cycle });
  if (cycle % 10 === 0) process.stdout.write(".");
  await new Promise((resolve) => setImmediate(resolve));
}
