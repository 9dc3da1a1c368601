// A process that dies and starts again decides what it would have decided: byte for byte the same rows, in the same
// order, whatever became of its local store.

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { createSimulatedCluster } from "../../../src/log/simulated/cluster.ts";
import { Crashed, faultAt, noFaults, type SimulatedFault, type Faults } from "../../../src/log/simulated/faults.ts";
import type { OpenStore } from "../../../src/task/store/local-store.ts";
import { memoryStores } from "../../../src/task/store/memory-store.ts";
import { laggingStores } from "../../task/counting.ts";
import { START_MS } from "../harness.ts";
import { begin, live, serveOn } from "./restart-world.ts";

const OUTPUTS = ["decisions", "settlements", "training-log", "dead-letters", "shard-reports"] as const;
type Written = Readonly<Record<string, readonly string[]>>;

const folder = mkdtempSync(join(tmpdir(), "stipend-restart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every row that was written, key and value, in order; the whole changelog too. */
async function written(log: EventLog): Promise<Written> {
  const found: Record<string, string[]> = {};
  for (const topic of [...OUTPUTS, "state"]) {
    const rows: string[] = [];
    for await (const batch of log.read(topic, 0, 0))
      for (const { key, value } of batch) rows.push(`${hex(key)}=${value === null ? "none" : hex(value)}`);
    found[topic] = rows;
  }
  return found;
}

const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString("hex");

test("the life that is lived here has everything in it", async () => {
  const { log } = await lived(noFaults, () => memoryStores().open);
  const rows = async <N extends (typeof OUTPUTS)[number]>(topic: N) => {
    const values = [];
    for await (const batch of log.read(topic, 0, 0))
      for (const { value } of batch) if (value !== null) values.push(codecFor(topic).decode(value));
    return values;
  };
  const decisions = await rows("decisions");
  expect(decisions).toHaveLength(180);
  expect(new Set(decisions.map(({ reason }) => reason)).size).toBeGreaterThanOrEqual(6);
  const statuses = new Set((await rows("settlements")).map(({ status }) => status));
  expect([...statuses].toSorted()).toEqual(["expired", "late", "posted", "voided"]);
  const reasons = new Set((await rows("dead-letters")).map(({ reason }) => reason));
  expect([...reasons].toSorted()).toEqual(expect.arrayContaining(["contract", "undecodable"]));
  expect((await rows("training-log")).length).toBeGreaterThan(20);
  const { state } = await written(log);
  expect(state?.filter((row) => row.endsWith("=none")).length).toBeGreaterThanOrEqual(25);
});

/** Lives to the end however often it crashes on the way. */
async function lived(faults: Faults, disk: () => OpenStore) {
  const cluster = createSimulatedCluster({ now: () => START_MS });
  const log = cluster.connect("people");
  await begin(log);
  cluster.setFaults(faults);
  let crashes = 0;
  for (;;) {
    const serving = await serveOn(cluster.connect(`server-${crashes}`), disk());
    try {
      await live(log, serving);
      await serving.close();
      return { log, crashes };
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
      crashes += 1;
    }
  }
}

const DISKS: Readonly<Record<string, () => () => OpenStore>> = {
  kept: () => {
    const stores = memoryStores();
    return () => stores.open;
  },
  lost: () => () => memoryStores().open,
  "one cycle behind": () => {
    const stores = laggingStores();
    return () => stores;
  },
};

describe.each(Object.entries(DISKS))("with a local store that is %s", (_, disk) => {
  test.each<SimulatedFault>(["crash_before", "crash_after", "unknown_before", "unknown_after"])(
    "%s at any commit changes not one byte of what is written",
    async (fault) => {
      let commits = 0;
      const calm = await lived((point) => {
        if (point.step === "commit") commits += 1;
        return "none";
      }, disk());
      const expected = await written(calm.log);
      for (let at = 0; at < commits; at += 5) {
        const { log, crashes } = await lived(
          faultAt(at, fault, ({ step }) => step === "commit"),
          disk(),
        );
        expect(crashes).toBe(fault.startsWith("crash") ? 1 : 0);
        expect(await written(log), `${fault} at commit ${at}`).toEqual(expected);
      }
    },
  );
});

describe("a real process, killed", () => {
  const worker = fileURLToPath(new URL("restart-worker.ts", import.meta.url));
  let lives = 0;

  /** Kills it at each point in turn; what becomes of the store in between is `fate`'s. */
  async function killed(
    points: readonly (readonly [string, number])[],
    fate: (store: string) => void,
  ): Promise<Written> {
    const base = join(folder, String((lives += 1)));
    const [path, store] = [join(base, "log"), join(base, "store")];
    const sending = await openEmbeddedLog({ folder: path, now: () => START_MS, newToken: randomUUID });
    await begin(sending);
    await sending.close();
    for (const [point, cycle] of points) {
      const died = promisify(execFile)(process.execPath, [worker, path, store, point, String(cycle)]);
      await expect(died, `${point} ${cycle}`).rejects.toMatchObject({ signal: "SIGKILL" });
      fate(store);
    }
    await promisify(execFile)(process.execPath, [worker, path, store]);
    const log = await openEmbeddedLog({ folder: path, now: () => START_MS, newToken: randomUUID });
    const found = await written(log);
    await log.close();
    return found;
  }

  test("before and after its commits, its store kept, lost or one cycle behind: the same bytes", async () => {
    const expected = await killed([], () => undefined);
    expect(expected["decisions"]).toHaveLength(180);
    const kept = await killed(
      [
        ["before commit", 3],
        ["after apply", 9],
        ["before commit", 21],
      ],
      () => undefined,
    );
    expect(kept).toEqual(expected);
    // The commit is on the log, the store has not been written.
    const behind = await killed(
      [
        ["before apply", 1],
        ["before apply", 12],
        ["before apply", 26],
      ],
      () => undefined,
    );
    expect(behind).toEqual(expected);
    const lost = await killed(
      [
        ["before commit", 8],
        ["before apply", 15],
        ["after apply", 24],
      ],
      (store) => rmSync(store, { recursive: true }),
    );
    expect(lost).toEqual(expected);
  }, 180_000);
});
