// Opens the store of partition 0 in a folder, as a process of its own, reads all that is due, and says what was thrown away.
//   node damaged-worker.ts FOLDER [write]

import { lmdbStores } from "../../../src/task/store/lmdb-stores.ts";

const [folder = "", write] = process.argv.slice(2);
const open = lmdbStores(folder, { boot: "boot", onTrouble: (text) => console.log(text) });
const index = (_key: string, value: Uint8Array): number => Number(Buffer.from(value).toString().trim());

if (write !== undefined) {
  const store = open(0, index);
  for (let cycle = 1; cycle <= 40; cycle += 1) {
    const changes = Array.from({ length: 200 }, (_, key): [string, Uint8Array] => [
      `key-${key * cycle}`,
      Buffer.from(String(key + cycle).padEnd(300)),
    ]);
    store.apply(changes, { changelogEnd: cycle, lineage: "log", cycle, atMs: cycle });
  }
  await store.close();
} else {
  // As a task does: what cannot be read is dropped and opened again.
  for (let tries = 0; tries < 3; tries += 1) {
    const store = open(0, index);
    try {
      const keys = store.due(1_000_000, 100_000);
      for (const key of keys) store.get(key);
      store.apply([["new", Buffer.from("1")]], { changelogEnd: 99, lineage: "log", cycle: 99, atMs: 99 });
      console.log(`read ${keys.length}`);
      await store.close();
      break;
    } catch (error) {
      console.log(`failed: ${String(error)}`);
      await store.close();
    }
  }
}
