// The local stores of a chaos run: the real ones, which can be found again by their task.

import { basename } from "node:path";
import type { LocalStore, OpenStore } from "../../../src/task/store/local-store.ts";
import { lmdbStores as realStores } from "../../../src/task/store/lmdb-stores.ts";

/** The open store of a task, by the name of its changelog and its partition. */
export const openStores = new Map<string, LocalStore>();

const CHANGELOG: Readonly<Record<string, string>> = { serve: "state", treasury: "treasury-state" };

export function lmdbStores(folder: string): OpenStore {
  const open = realStores(folder);
  return (partition, index) => {
    const store = open(partition, index);
    openStores.set(`${CHANGELOG[basename(folder)]}/${partition}`, store);
    return store;
  };
}
