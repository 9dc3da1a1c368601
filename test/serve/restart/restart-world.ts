// A small life on one partition, the same whenever and however often it is begun: lots of sessions, outcomes and profiles,
// each sent when what was there has been done, at times that follow from the cycle's number. A process may die anywhere
// in it; the next one finds on the log how far it had come.

import { must } from "../../../src/domain/assert.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { codecFor, schemaCodec } from "../../../src/log/codec/codec.ts";
import type { EventLog, OutRecord } from "../../../src/log/event-log.ts";
import { placementOf } from "../../../src/log/placement.ts";
import { serveKind, topicSpecs } from "../../../src/log/topics.ts";
import { loadClassifier } from "../../../src/serve/classify/onnx.ts";
import { createReleaseCache } from "../../../src/serve/classify/release-cache.ts";
import { createServeProcessor } from "../../../src/serve/processor.ts";
import { CONTROL_KEY, type ControlRecord } from "../../../src/task/cycle/control-record.ts";
import type { OpenStore } from "../../../src/task/store/local-store.ts";
import { unobserved, type TaskObserver } from "../../../src/task/observer.ts";
import { joinRunner, type Runner } from "../../../src/task/runner.ts";
import { campaign, grantOf, HOUR_MS, RELEASE, sessionOf, START_MS } from "../harness.ts";
import { releaseRecord } from "../tiny-release.ts";

const LOTS = 6;
const SESSIONS_A_LOT = 30;
const USERS = 30;
/** So that windows end while it goes on. */
const CYCLE_MS = 5 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const KINDS = ["redeemed", "converted", "declined", "refunded"] as const;
const control = schemaCodec<ControlRecord>("control-record");

/** Holdout, exploration, caps, too little money, expiries. */
const GRANT = grantOf({
  campaign: campaign({ holdoutShare: 0.2, explorationShare: 0.2, caps: [{ max: 2, windowMs: 3 * HOUR_MS }] }),
  planRow: 2.5,
  grantedMinor: { plan: 6_000n, exploration: 4_000n },
});

export async function begin(log: EventLog): Promise<void> {
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  const release = codecFor("releases").encode(releaseRecord("spring", RELEASE));
  await log.send([{ topic: "releases", key: Buffer.from("spring"), value: release }]);
  await log.send([{ topic: "grants", key: Buffer.from("spring"), value: codecFor("grants").encode(GRANT) }]);
}

export interface Serving {
  readonly runner: Runner<unknown>;
  close(): Promise<void>;
}

export async function serveOn(
  log: EventLog,
  openStore: OpenStore,
  observer: TaskObserver = unobserved,
): Promise<Serving> {
  const releaseCache = createReleaseCache({
    log,
    codec: codecFor("releases"),
    load: loadClassifier,
    deadlineMs: 60_000,
  });
  const placement = await placementOf(log, "sessions");
  const runner = await joinRunner({
    log,
    kind: serveKind("restart"),
    processor: () => createServeProcessor({ releaseCache, placement }),
    openStore,
    codec: control,
    clock: { nowMs: () => START_MS, sleep: () => Promise.resolve() },
    newLineage: () => "restart",
    maxRecords: 10,
    idleMs: 0,
    drainMs: 0,
    observer,
  });
  return {
    runner,
    async close() {
      await runner.stop();
      await releaseCache.close();
    },
  };
}

/** From wherever it is to its end. */
export async function live(log: EventLog, { runner }: Serving): Promise<void> {
  const lots = allLots();
  for (let sent = await lotsSent(log, lots); ; sent += 1) {
    await untilIdle(log, runner);
    const next = lots[sent];
    if (next === undefined) break;
    await log.send(next);
  }
  // All windows end; then all users have been idle for so long that they are forgotten.
  await runner.runUntilIdle(START_MS + 3 * DAY_MS);
  await runner.runUntilIdle(START_MS + 40 * DAY_MS);
}

/** A cycle that is done again has the time that it had: it follows from its number. */
async function untilIdle(log: EventLog, runner: Runner<unknown>): Promise<void> {
  for (;;) {
    const cycle = runner.tasks[0]?.control?.cycle ?? (await lastCycle(log));
    const done = await runner.stepAll(START_MS + (cycle + 1) * CYCLE_MS);
    if (done === 0 && runner.tasks.every((task) => task.troubles === 0)) return;
  }
}

async function lastCycle(log: EventLog): Promise<number> {
  let cycle = 0;
  for await (const batch of log.read("state", 0, 0))
    for (const { key, value } of batch)
      if (Buffer.from(key ?? []).toString() === CONTROL_KEY) cycle = control.decode(must(value, "a record")).cycle;
  return cycle;
}

/** A lot is sent whole or not at all. */
async function lotsSent(log: EventLog, lots: readonly (readonly OutRecord[])[]): Promise<number> {
  const [range] = await log.ranges("sessions");
  let sessions = 0;
  for (const [index, lot] of lots.entries()) {
    if (sessions >= (range?.end ?? 0)) return index;
    sessions += lot.filter(({ topic }) => topic === "sessions").length;
  }
  return lots.length;
}

function allLots(): OutRecord[][] {
  const random = seededRandom("restart");
  const userOf: string[] = [];
  return Array.from({ length: LOTS }, (_, lot) => {
    const records: OutRecord[] = [];
    const before = userOf.length;
    const put = <N extends "sessions" | "outcomes" | "profiles">(topic: N, key: string, value: Uint8Array): void =>
      void records.push({ topic, key: Buffer.from(key), value });
    for (let n = 0; n < SESSIONS_A_LOT; n += 1) {
      const user = `u${random.below(USERS)}`;
      const whole = { visits: random.below(6), vip: random.unit() < 0.5 };
      const attributes = random.unit() < 0.1 ? {} : whole;
      const session = sessionOf(`s${userOf.length}`, user, START_MS + lot, { attributes });
      userOf.push(user);
      put("sessions", user, codecFor("sessions").encode(session));
      if (random.unit() < 0.1) put("sessions", user, codecFor("sessions").encode(session));
      if (random.unit() < 0.05) put("sessions", user, Buffer.from("?"));
      const profile = { userId: user, atMs: START_MS + lot, attributes: { city: "Łódź", visits: random.below(9) } };
      if (random.unit() < 0.1) put("profiles", user, codecFor("profiles").encode(profile));
    }
    for (let n = 0; n < before / 2; n += 1) {
      const about = random.below(before);
      const userId = must(userOf[about], "a user");
      const outcomeId = `o${random.below(before * 3)}`;
      const kind = must(KINDS[random.below(KINDS.length)], "a kind");
      const outcome = {
        outcomeId,
        decisionId: `d-s${about}`,
        userId,
        atMs: START_MS + lot,
        kind,
        amountMinor: random.unit() < 0.3 && kind === "redeemed" ? 40n : null,
        rewards: { converted: 1, basket: random.below(1_000) / 8 },
      };
      put("outcomes", userId, codecFor("outcomes").encode(outcome));
    }
    return records;
  });
}
