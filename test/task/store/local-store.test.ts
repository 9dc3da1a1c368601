import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { lmdbStores } from "../../../src/task/store/lmdb-stores.ts";
import type { LocalStore, OpenStore, Stamp } from "../../../src/task/store/local-store.ts";
import { memoryStores } from "../../../src/task/store/memory-store.ts";
import { LARGE_BYTES, largeKey, STORE_WORKER_KEYS } from "./store-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "stipend-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;

const kinds: Record<string, () => OpenStore> = {
  memory: () => memoryStores().open,
  lmdb: () => lmdbStores(join(folder, String((folders += 1)))),
};

/** A value is its due time as text; "-" is never due. */
const index = (_key: string, value: Uint8Array): number | null => {
  const text = Buffer.from(value).toString();
  return text === "-" ? null : Number(text);
};
const bytes = (text: string): Uint8Array => Buffer.from(text);
const stampAt = (cycle: number): Stamp => ({ changelogEnd: cycle * 10, lineage: "log", cycle, atMs: cycle });
const textOf = (store: LocalStore, key: string): string | undefined => {
  const value = store.get(key);
  return value === undefined ? undefined : Buffer.from(value).toString();
};

describe.each(Object.entries(kinds))("a local store in %s", (_name, make) => {
  test("is empty, without a stamp, at first", async () => {
    const store = make()(0, index);
    expect(store.stamp()).toBeNull();
    expect(store.get("a")).toBeUndefined();
    expect(store.due(1e12, 10)).toEqual([]);
    await store.close();
  });

  test("gives the due keys by time and then key, up to the limit, and moves one whose time has changed", async () => {
    const store = make()(0, index);
    store.apply(
      [
        ["c", bytes("5")],
        ["b", bytes("5")],
        ["a", bytes("9")],
        ["n", bytes("-")],
        ["é", bytes("5")],
      ],
      stampAt(1),
    );
    expect(store.due(4, 10)).toEqual([]);
    expect(store.due(5, 10)).toEqual(["b", "c", "é"]);
    expect(store.due(9, 2)).toEqual(["b", "c"]);
    expect(store.due(9, 9)).toEqual(["b", "c", "é", "a"]);
    store.apply(
      [
        ["b", bytes("9")],
        ["c", null],
        ["a", bytes("-")],
      ],
      stampAt(2),
    );
    expect(store.due(100, 10)).toEqual(["é", "b"]);
    store.apply([["b", bytes("5")]], stampAt(3));
    expect(store.due(100, 10)).toEqual(["b", "é"]);
    await store.close();
  });

  test("is there again with its stamp when opened again, and empty after a wipe", async () => {
    const open = make();
    const store = open(3, index);
    store.apply([["a", bytes("1")]], stampAt(7));
    await store.close();
    const again = open(3, index);
    expect(again.stamp()).toEqual(stampAt(7));
    expect(textOf(again, "a")).toBe("1");
    expect(again.due(1, 1)).toEqual(["a"]);
    again.wipe();
    expect(again.stamp()).toBeNull();
    expect(again.get("a")).toBeUndefined();
    expect(again.due(1, 1)).toEqual([]);
    await again.close();
  });

  test("keeps nothing of a change that could not be applied", async () => {
    const store = make()(0, index);
    store.apply([["a", bytes("1")]], stampAt(1));
    expect(() =>
      store.apply(
        [
          ["a", bytes("2")],
          ["b", bytes("not a number")],
        ],
        stampAt(2),
      ),
    ).toThrow("due time of b is not a number");
    expect(textOf(store, "a")).toBe("1");
    expect(store.stamp()).toEqual(stampAt(1));
    await store.close();
  });
});

test("both stores agree with a plain map after any changes", async () => {
  const change = fc.tuple(
    fc.constantFrom("a", "b", "c", "\u{1F600}", "\uFFFD", "z"),
    fc.option(fc.constantFrom("0", "1", "2", "3", "-"), { nil: null }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 12 }), async (rounds) => {
      const model = new Map<string, string>();
      const stores = [memoryStores().open(0, index), lmdbStores(join(folder, String((folders += 1))))(0, index)];
      rounds.forEach((round, at) => {
        for (const [key, value] of round) {
          if (value === null) model.delete(key);
          else model.set(key, value);
        }
        for (const store of stores)
          store.apply(
            round.map(([key, value]) => [key, value === null ? null : bytes(value)] as const),
            stampAt(at + 1),
          );
        const due = [...model]
          .filter(([, value]) => value !== "-" && Number(value) <= 2)
          .sort(([a, x], [b, y]) => Number(x) - Number(y) || Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map(([key]) => key);
        for (const store of stores) {
          expect(store.due(2, 100)).toEqual(due);
          expect(store.due(2, 2)).toEqual(due.slice(0, 2));
          for (const key of ["a", "b", "c"]) expect(textOf(store, key)).toBe(model.get(key));
        }
      });
      for (const store of stores) await store.close();
    }),
    { numRuns: 60 },
  );
});

test("a process killed in the midst of its writes leaves a store in which the last of them is there or not", async () => {
  const path = join(folder, String((folders += 1)));
  const worker = fileURLToPath(new URL("store-worker.ts", import.meta.url));
  let last = 0;
  for (let life = 0; life < 6; life += 1) {
    const child = spawn(process.execPath, [worker, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await sleep(20 * life + 7);
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = lmdbStores(path)(0, index);
    const cycle = store.stamp()?.cycle ?? 0;
    expect(cycle).toBeGreaterThan(last);
    last = cycle;
    for (let key = 0; key < STORE_WORKER_KEYS; key += 1) expect(textOf(store, `key-${key}`)).toBe(String(cycle));
    for (let each = 1; each <= cycle; each += 1) {
      const large = store.get(largeKey(each));
      expect([large?.length, large?.[0], large?.at(-1)]).toEqual([LARGE_BYTES, each % 256, each % 256]);
    }
    expect(store.due(cycle - 1, 1)).toEqual([]);
    expect(store.due(cycle, STORE_WORKER_KEYS + 1)).toHaveLength(STORE_WORKER_KEYS);
    await store.close();
  }
}, 60_000);

test("a store on a disk that is nearly full says so, writes nothing, and goes on when there is room", async () => {
  let free = 1e9;
  const store = lmdbStores(join(folder, String((folders += 1))), { boot: "boot", freeBytes: () => free })(0, index);
  store.apply([["a", bytes("1")]], stampAt(1));
  free = 10 * 1024 * 1024;
  expect(() => store.apply([["a", bytes("2")]], stampAt(2))).toThrow(/10 MiB are left on the disk of .*make room/);
  expect([textOf(store, "a"), store.stamp()]).toEqual(["1", stampAt(1)]);
  free = 1e9;
  store.apply([["a", bytes("2")]], stampAt(2));
  expect(textOf(store, "a")).toBe("2");
  await store.close();
});

describe("a store on disk that was open when the machine went down", () => {
  const written = async (boot: string): Promise<string> => {
    const path = join(folder, String((folders += 1)));
    const store = lmdbStores(path, { boot })(0, index);
    store.apply([["a", bytes("1")]], stampAt(1));
    return path;
  };

  test("is not believed after the next start", async () => {
    const path = await written("first");
    const store = lmdbStores(path, { boot: "second" })(0, index);
    expect(store.stamp()).toBeNull();
    expect(store.get("a")).toBeUndefined();
    await store.close();
  });

  test("is believed while the machine is up, whatever became of the process", async () => {
    const store = lmdbStores(await written("first"), { boot: "first" })(0, index);
    expect(textOf(store, "a")).toBe("1");
    await store.close();
  });

  test("is not believed after the next start because a former owner in the same process had closed it late", async () => {
    const path = join(folder, String((folders += 1)));
    const stores = lmdbStores(path, { boot: "first" });
    const givenUp = stores(0, index);
    stores(0, index).apply([["a", bytes("1")]], stampAt(1));
    await givenUp.close();
    const store = lmdbStores(path, { boot: "second" })(0, index);
    expect(store.stamp()).toBeNull();
    await store.close();
  });

  test("is believed after the next start when it was closed in order", async () => {
    const path = await written("first");
    await lmdbStores(path, { boot: "first" })(0, index).close();
    const store = lmdbStores(path, { boot: "second" })(0, index);
    expect(textOf(store, "a")).toBe("1");
    await store.close();
  });
});
