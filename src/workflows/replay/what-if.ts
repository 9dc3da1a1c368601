// What if
// Decides a campaign's recorded sessions again, by the real treasurer and shards, with one thing changed. Beside it stand the
// same with nothing changed, and what was. How near these two are to each other tells how far the first can be believed.

import {
  InvalidInput,
  type Campaign,
  type CurvePoint,
  type PacingController,
  type PacingMode,
} from "../../domain/campaign/campaign.ts";
import type { PacingAction } from "../../domain/campaign/control.ts";
import type { Minor } from "../../domain/money/money.ts";
import { hashUnit } from "../../domain/random.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import type { WhatIfColumn } from "../../report/evaluation/what-if-report.ts";
import { PacedCampaign, type Arriving } from "./paced-campaign.ts";
import { WhatIfTally, type During } from "./what-if-tally.ts";
import type { RecordedCampaign, RecordedSession } from "./recorded.ts";

export interface Changes {
  /** Until then all is played as it was; left out: from the campaign's beginning on. The policy can only be of the beginning. */
  readonly fromMs?: number;
  readonly budgetMinor?: Minor;
  readonly curve?: { readonly mode: PacingMode; readonly points: readonly CurvePoint[] };
  readonly controller?: PacingController;
  readonly policy?: "strict" | "expected";
  /** In force from the first promotion, or from then, on, with each session's cluster under it by its decision; who has none is left out. */
  readonly release?: { readonly hash: string; readonly clusters: ReadonlyMap<string, number> };
}

export interface PlayOptions {
  readonly during?: During;
  /** Between two steps, told how far it is from 0 to 1: what is answered is waited for. */
  readonly onStep?: (done: number) => Promise<void> | undefined;
}

/** Between two looks of the treasurer when nobody comes. */
const QUIET_MS = 60_000;
const STEP_MS = 1_000;
const MINUTE_MS = 60_000;

export function asItWas({ sessions, releases }: RecordedCampaign, during?: During): WhatIfColumn {
  const manifests = new Map(releases.map(({ record, manifest }) => [record.hash, manifest]));
  const tally = new WhatIfTally(sessions, during);
  for (const { decision, posted } of sessions) {
    const reward = rewardOf(manifests.get(decision.release ?? ""), decision);
    tally.decided(decision.decidedAtMs, { reason: decision.reason, armId: decision.armId, reward });
    if (decision.account !== "plan") continue;
    tally.spend(decision.decidedAtMs, Number(decision.sendMinor));
    if (posted !== null) tally.spend(posted.atMs, Number(posted.amountMinor));
  }
  return tally.column();
}

/**
 * With `changes` empty: played again as it was. Taken from the record: who came and when, who was held out, capped or already
 * held an incentive, all commands but the changed one, and what became of an incentive where the same one is given again.
 */
export async function playAgain(
  recorded: RecordedCampaign,
  campaign: string,
  changes: Changes,
  { during, onStep }: PlayOptions = {},
): Promise<WhatIfColumn> {
  const { shards, secret } = recorded;
  const untilMs = during?.toMs ?? Infinity;
  const sessions = recorded.sessions.filter(({ decision }) => decision.decidedAtMs < untilMs);
  const tally = new WhatIfTally(sessions, during);
  let nowMs = 0;
  const armIds = new Map<number, string>(sessions.map(({ decision }) => [decision.arm, decision.armId]));
  const paced = new PacedCampaign({
    campaign,
    shards,
    secret,
    reportEveryMs: STEP_MS,
    onDecision: ({ reason, arm, cluster, manifest }) =>
      tally.decided(nowMs, {
        reason,
        armId: armIds.get(arm) ?? manifest?.arms[arm] ?? `${arm}`,
        reward: rewardOf(manifest, { cluster, arm }),
      }),
  });
  for (const { record, manifest } of recorded.releases) paced.release(record, manifest);
  const { fromMs } = changes;
  const createdMs = recorded.commands.find(({ command }) => command.action.kind === "create")?.atMs ?? -Infinity;
  const changed =
    fromMs === undefined || fromMs <= createdMs
      ? changedCommands(recorded.commands, changes)
      : commandsChangedFrom(recorded, campaign, changes, fromMs);
  const commands = changed.filter(({ atMs }) => atMs < untilMs);
  const arrivals = sessions.flatMap((session) => arrivalOf(session, recorded, changes));
  let [nextCommand, nextSession] = [0, 0];
  nowMs = Math.min(commands[0]?.atMs ?? Infinity, arrivals[0]?.atMs ?? Infinity);
  let spent = 0;
  // Of a part of the time, what is held goes on ending until its end.
  const isOver = (): boolean =>
    nextCommand >= commands.length && nextSession >= arrivals.length && (during === undefined || nowMs >= during.toMs);
  while (!isOver()) {
    for (let each = commands[nextCommand]; each !== undefined && each.atMs <= nowMs; each = commands[nextCommand]) {
      paced.command(each.command);
      nextCommand += 1;
    }
    const coming: Arriving[] = [];
    for (let each = arrivals[nextSession]; each !== undefined && each.atMs <= nowMs; each = arrivals[nextSession]) {
      coming.push(each);
      nextSession += 1;
    }
    paced.step(nowMs, coming);
    tally.spend(nowMs, paced.postedMinor() - spent);
    spent = paced.postedMinor();
    const [commandMs, arrivalMs] = [commands[nextCommand]?.atMs ?? Infinity, arrivals[nextSession]?.atMs ?? Infinity];
    const stepMs = Math.max(nowMs + STEP_MS, Math.min(arrivalMs, nowMs + QUIET_MS));
    // A command waits for no step, and who came before it meets what was in force until then.
    nowMs = Math.min(stepMs, arrivalMs < commandMs ? commandMs - 1 : commandMs);
    const waiting = onStep?.(nextSession / Math.max(1, arrivals.length));
    if (waiting !== undefined) await waiting;
  }
  if (during === undefined) paced.endAll();
  // Holds end by the minute: those of the last one are still to come.
  else paced.step(Math.ceil(during.toMs / MINUTE_MS) * MINUTE_MS, []);
  tally.spend(during === undefined ? nowMs : during.toMs - 1, paced.postedMinor() - spent);
  return tally.column();
}

type Commands = RecordedCampaign["commands"];

function changedCommands(commands: Commands, changes: Changes): Commands {
  let isPromoted = false;
  return commands.flatMap(({ atMs, command }) => {
    const action = changedAction(command.action, changes, isPromoted);
    if (action?.kind === "promote_release") isPromoted = true;
    // What was expected of a revision may not hold any more.
    return action === null ? [] : [{ atMs, command: { ...command, action, expectedRevision: null } }];
  });
}

/** As they were until then; then the change as commands, and no later one of its kind. */
function commandsChangedFrom(recorded: RecordedCampaign, campaign: string, changes: Changes, fromMs: number): Commands {
  const { commands } = recorded;
  // What comes is not refused for a ceiling, nor for a revision that is another one now.
  const before = commands.filter(({ atMs }) => atMs < fromMs);
  const after = commands.filter(({ atMs }) => atMs >= fromMs);
  const command = (action: PacingAction, index: number): Commands[number] => ({
    atMs: fromMs,
    command: {
      ...{ commandId: `what-if-${index}`, campaign, atMs: fromMs, expectedRevision: null, dryRun: false },
      action,
    },
  });
  return [
    ...changedCommands(before, {}).map(withoutCeiling),
    ...changesAsActions(recorded, before, changes).map(command),
    ...after.flatMap(({ atMs, command: { action, ...rest } }) => {
      const kept = changedAction(action, changes, true);
      return kept === null ? [] : [{ atMs, command: { ...rest, action: kept, expectedRevision: null } }];
    }),
  ];
}

function withoutCeiling(each: Commands[number]): Commands[number] {
  const { action } = each.command;
  if (action.kind !== "create") return each;
  const campaign = { ...action.campaign, ceilingMinor: null };
  return { ...each, command: { ...each.command, action: { kind: "create", campaign } } };
}

function changesAsActions(recorded: RecordedCampaign, before: Commands, changes: Changes): PacingAction[] {
  const { budgetMinor, curve, controller, release } = changes;
  const { currency } = createdAs(recorded);
  const { mode, points } = curve ?? curveAfter(before, createdAs(recorded).pacing);
  return [
    ...(budgetMinor === undefined ? [] : [{ kind: "set_budget" as const, budgetMinor, currency }]),
    ...(curve === undefined && controller === undefined
      ? []
      : [{ kind: "set_curve" as const, mode, points, controller: controller ?? null }]),
    ...(release === undefined ? [] : [{ kind: "promote_release" as const, release: release.hash }]),
  ];
}

function curveAfter(commands: Commands, created: Campaign["pacing"]): NonNullable<Changes["curve"]> {
  const last = commands.map(({ command }) => command.action).findLast(({ kind }) => kind === "set_curve");
  return last?.kind === "set_curve" ? last : { mode: created.mode, points: created.points ?? [] };
}

/** Null for a command that the change takes the place of. */
function changedAction(action: PacingAction, changes: Changes, isPromoted: boolean): PacingAction | null {
  const { budgetMinor, curve, controller, policy, release } = changes;
  switch (action.kind) {
    case "create": {
      const { campaign } = action;
      const pacing = {
        ...campaign.pacing,
        ...(curve === undefined ? {} : curve),
        ...(controller === undefined ? {} : { controller }),
      };
      const reservation = policy === undefined ? campaign.reservation : { ...campaign.reservation, policy };
      const budget = budgetMinor === undefined ? {} : { budgetMinor, ceilingMinor: null };
      return { kind: "create", campaign: { ...campaign, ...budget, pacing, reservation } };
    }
    case "set_budget":
      return budgetMinor === undefined ? action : null;
    case "set_curve":
      return curve === undefined && controller === undefined ? action : null;
    case "promote_release":
    case "rollback_release":
    case "pin_release":
      if (release === undefined) return action;
      return isPromoted ? null : { kind: "promote_release", release: release.hash };
    default:
      return action;
  }
}

/**
 * What a user would have done under another arm is not known: it is drawn, by the session's id, with the redemption that
 * the release says.
 */
function arrivalOf(
  session: RecordedSession,
  recorded: RecordedCampaign,
  { release: changed, fromMs = 0 }: Changes,
): (Arriving & { atMs: number })[] {
  const { decision, posted, shard } = session;
  const release = decision.decidedAtMs < fromMs ? undefined : changed;
  const hash = release?.hash ?? decision.release ?? "";
  const cluster = release === undefined ? decision.cluster : release.clusters.get(decision.decisionId);
  if (cluster === undefined) return [];
  const redemption = recorded.releases.find(({ record }) => record.hash === hash)?.manifest.values.redemption[cluster];
  const { arms, reservation } = createdAs(recorded);
  return [
    {
      ...{ id: decision.sessionId, userId: decision.userId, shard, cluster, release: hash, atMs: decision.decidedAtMs },
      redeems: (arm) => {
        if (arm === decision.arm && decision.reservationId !== null)
          return posted && { amountMinor: posted.amountMinor, afterMs: posted.atMs - decision.decidedAtMs };
        const redeems = hashUnit(`what-if/${decision.sessionId}`) < (redemption?.[arm] ?? 0);
        const lifeMs = arms[arm]?.validMs ?? reservation.ttlMs;
        return redeems
          ? { amountMinor: null, afterMs: lifeMs * hashUnit(`what-if-after/${decision.sessionId}`) }
          : null;
      },
    },
  ];
}

/** The campaign as it was created. */
export function createdAs({ commands }: RecordedCampaign): Campaign {
  for (const { command } of commands) if (command.action.kind === "create") return command.action.campaign;
  throw new InvalidInput("the command that created the campaign is not on the log any more: it cannot be played again");
}

function rewardOf(
  manifest: ReleaseManifest | null | undefined,
  at: { readonly cluster: number; readonly arm: number },
): number {
  return manifest?.values.reward[at.cluster]?.[at.arm] ?? 0;
}
