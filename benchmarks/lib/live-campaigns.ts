// The benchmarks' campaign, by any names, brought into force through the log while something runs that answers.

import { randomUUID } from "node:crypto";
import type { EventLog } from "../../src/log/event-log.ts";
import { publishRelease } from "../../src/retrain/publish.ts";
import { send } from "../../src/workflows/control/control.ts";
import { benchGrant, benchRelease } from "../serve/serve-world.ts";

const PATIENCE_MS = 120_000;
const AT_A_TIME = 10;

/** Each once all partitions have it. */
export async function makeLive(log: EventLog, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += AT_A_TIME)
    await Promise.all(ids.slice(at, at + AT_A_TIME).map((id) => makeOneLive(log, id)));
}

async function makeOneLive(log: EventLog, id: string): Promise<void> {
  const release = benchRelease();
  const campaign = { ...benchGrant(release.hash, 0, Date.now()).campaign, id };
  await publishRelease(log, id, { release, evidenceText: "{}" }, Date.now(), async () => undefined);
  const actions = [
    { kind: "create", campaign },
    { kind: "promote_release", release: release.hash },
  ] as const;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const how = { nowMs: Date.now, newId: randomUUID, wait: true, timeoutMs: PATIENCE_MS, signal };
  for (const action of actions) {
    const { answer } = await send(log, { campaign: id, action, actor: "bench", reason: "for a benchmark" }, how);
    if (answer?.outcome === "refused") throw new Error(`${action.kind}: ${answer.reason}`);
  }
}
