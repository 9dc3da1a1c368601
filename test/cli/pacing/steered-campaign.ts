// A campaign on a real embedded log with a real allocator, and `stipend` as it is typed to steer it.

import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { parseCampaign } from "../../../src/domain/campaign/campaign.ts";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { publishRelease } from "../../../src/retrain/publish.ts";
import { tryClassifier } from "../../../src/serve/classify/onnx.ts";
import { unobserved } from "../../../src/task/observer.ts";
import { systemClock } from "../../../src/task/system-clock.ts";
import { latestStatus, sendCommand } from "../../../src/workflows/control/control.ts";
import { openAllocator, type Allocator } from "../../../src/workflows/run/allocator.ts";
import { ARMS, tinyRelease } from "../../serve/tiny-release.ts";
import { openShell, type Ended } from "../shell.ts";

export const HOUR_MS = 3_600_000;
const PARTITIONS = { users: 3, control: 2 };
export const RELEASE = tinyRelease();

export const shell = openShell();
const { folder } = shell;
export let log: EventLog;
let allocator: Allocator | null = null;
let working: Promise<unknown> = Promise.resolve();
let ids = 0;

beforeAll(async () => {
  log = await openEmbeddedLog({
    folder: path.join(folder, "log"),
    now: Date.now,
    newToken: () => `token-${(ids += 1)}`,
  });
  await start();
  await sendCommand(log, { commandId: "create", campaign: "spring", atMs: 0, action: { kind: "create", campaign } });
  await publishRelease(log, "spring", { release: RELEASE, evidenceText: "{}" }, 0, tryClassifier);
  const pinned = await stipend("pacing pin-release --campaign spring --release RELEASE --wait");
  expect(pinned, pinned.err).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await stop();
  await log.close();
  shell.close();
});

const nowMs = Date.now();
const campaign = parseCampaign(
  {
    id: "spring",
    currency: "EUR",
    budgetMinor: 1_000_000n,
    ceilingMinor: 2_000_000n,
    explorationBudgetMinor: 50_000n,
    startMs: nowMs - HOUR_MS,
    endMs: nowMs + 23 * HOUR_MS,
    arms: ARMS,
    reservation: { ttlMs: HOUR_MS },
    pacing: { expectedSessions: 20_000 },
  },
  "campaign",
);

export async function start(): Promise<void> {
  allocator = await openAllocator({
    log,
    application: "stipend",
    partitions: PARTITIONS,
    storeFolder: path.join(folder, "stores"),
    features: null,
    batchRecords: 1_000,
    clock: systemClock,
    newId: () => `lineage-${(ids += 1)}`,
    newSecret: () => Buffer.alloc(32, 1),
    observer: unobserved,
    onTrouble: (text) => expect.unreachable(text),
  });
  working = Promise.all([allocator.serve.run(), allocator.treasury.run()]);
}

export async function stop(): Promise<void> {
  await allocator?.close();
  await working;
  allocator = null;
}

/** A command line as it is typed, but for T+n (so many hours from now), RELEASE (its hash) and BEGINNING (of that). */
export const stipend = (line: string): Promise<Ended> =>
  shell.run(
    line
      .replace("RELEASE", RELEASE.hash)
      .replace("BEGINNING", RELEASE.hash.slice(0, 10))
      .replaceAll(/T\+(\d+)/g, (_, hours) => iso(Number(hours))),
  );

export async function json(line: string): Promise<Record<string, unknown>> {
  const { out } = await stipend(`${line} --json`);
  return JSON.parse(out) as Record<string, unknown>;
}

export const revision = async (): Promise<number> => (await latestStatus(log, "spring"))?.revision ?? 0;

function iso(hours: number): string {
  return new Date(nowMs + hours * HOUR_MS).toISOString();
}

/** As a person reads it, by the clocks of the campaign's zone: UTC here. */
export function shown(hours: number): string {
  return `${iso(hours).slice(0, 19).replace("T", " ")}Z`;
}
