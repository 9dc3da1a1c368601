// Writes cycle after cycle into a store on disk, as fast as it can, until it is killed: in each all keys become the cycle's
// number, which is also when they are due, and one large record comes to stay, so that the file grows.
//
//   node store-worker.ts <folder>
//   node store-worker.ts <folder> hold <partition>     opens that store, says so or why not, and keeps it open

import { lmdbStores } from "../../../src/task/store/lmdb-stores.ts";
import { LARGE_BYTES, largeKey, STORE_WORKER_KEYS } from "./store-keys.ts";

const [folder = "", mode, partition] = process.argv.slice(2);
if (mode === "hold") {
  try {
    lmdbStores(folder)(Number(partition), () => null);
    console.log("opened");
  } catch (error) {
    console.log(String(error));
  }
  await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
}

const store = lmdbStores(folder)(0, (key, value) =>
  key.startsWith("key-") ? Number(Buffer.from(value).toString()) : null,
);
for (let cycle = (store.stamp()?.cycle ?? 0) + 1; ; cycle += 1) {
  const value = Buffer.from(String(cycle));
  const changes: [string, Uint8Array][] = [[largeKey(cycle), Buffer.alloc(LARGE_BYTES, cycle % 256)]];
  for (let key = 0; key < STORE_WORKER_KEYS; key += 1) changes.push([`key-${key}`, value]);
  store.apply(changes, { changelogEnd: cycle, lineage: "worker", cycle, atMs: cycle });
  if (cycle % 10 === 0) process.stdout.write(".");
  await new Promise((resolve) => setImmediate(resolve));
}
