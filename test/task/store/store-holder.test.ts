// A folder of local stores is one process's, in whatever order processes come, stop and die.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { lmdbStores } from "../../../src/task/store/lmdb-stores.ts";
import { StoreFailed } from "../../../src/task/store/local-store.ts";

const WORKER = join(import.meta.dirname, "store-worker.ts");
const index = (): null => null;

let folder: string;
const children: ChildProcessWithoutNullStreams[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "stipend-holder-"))));
afterEach(async () => {
  for (const child of children.splice(0)) await end(child);
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  /** "opened", or why not. */
  readonly said: Promise<string>;
}

/** A process that opens a store of the folder and keeps it open. */
function open(partition: number): Started {
  const child = spawn(process.execPath, [WORKER, folder, "hold", String(partition)]);
  children.push(child);
  const said = once(child.stdout, "data").then(([chunk]) => String(chunk).trim());
  return { child, said };
}

async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("of many processes that come at once one opens stores, and each other one is told which that is", async () => {
  const all = Array.from({ length: 5 }, (_, i) => open(i % 2));
  const said = await Promise.all(all.map((one) => one.said));
  const first = must(all[said.indexOf("opened")], "one that has opened");
  const others = said.filter((line) => line !== "opened");
  expect(others).toHaveLength(4);
  const named = new RegExp(`StoreFailed.*process ${first.child.pid} has its local stores here.*STIPEND_STATE_DIR`);
  for (const line of others) expect(line).toMatch(named);
});

test("whoever comes later is refused while the first one lives, stopped or not, and not once it is dead", async () => {
  const first = open(0);
  expect(await first.said).toBe("opened");
  expect(() => lmdbStores(folder)(1, index)).toThrow(StoreFailed);
  first.child.kill("SIGSTOP");
  expect(() => lmdbStores(folder)(0, index)).toThrow(`process ${first.child.pid}`);
  await end(first.child);
  const store = lmdbStores(folder)(0, index);
  expect(await open(0).said).toMatch(`process ${process.pid} has its local stores here`);
  await store.close();
  expect(await open(0).said).toBe("opened");
});

test("a process opens its own stores beside one another, and holds the folder until the last is closed", async () => {
  const stores = lmdbStores(folder);
  const [one, two] = [stores(0, index), stores(1, index)];
  const again = stores(0, index);
  await one.close();
  await two.close();
  expect(await open(1).said).toMatch("StoreFailed");
  await again.close();
  expect(await open(1).said).toBe("opened");
});
