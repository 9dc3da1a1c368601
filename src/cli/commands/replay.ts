// stipend replay: the recorded sessions decided again; with nothing changed, byte for byte the same; with a change, what would
// have been.

import {
  curveFault,
  InvalidInput,
  PACING_CONTROLLERS,
  type CurvePoint,
  type PacingController,
  type PacingMode,
} from "../../domain/campaign.ts";
import type { Minor } from "../../domain/money.ts";
import type { EventLog } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import { codecFor } from "../../log/codec/codec.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import { createReleaseShelf } from "../../serve/classify/release-shelf.ts";
import { createServeProcessor } from "../../serve/processor.ts";
import { createTreasuryProcessor } from "../../treasury/processor.ts";
import { CHECK_FAILED, defineCommand, DONE, type Context } from "../command.ts";
import { campaignOr } from "../control.ts";
import { withLog } from "../open-log.ts";
import { asMinor, asOneOf, asText, asTime, many, option } from "../options.ts";
import { asPoint } from "../pacing/curve-point.ts";
import { clustersUnder } from "../replay/clusters.ts";
import { readRecorded } from "../replay/recorded.ts";
import { replayTask, type ReplayedTask } from "../replay/replay-task.ts";
import { asItWas, createdAs, playAgain, type Changes } from "../replay/what-if.ts";
import { whatIfText, type WhatIf } from "../replay/what-if-view.ts";
import { tableText } from "../table.ts";

export const command = defineCommand({
  summary: "decide the recorded sessions again, as they were or with one thing changed",
  description:
    "With nothing changed it takes each recorded cycle of each partition (its inputs, its time) through the same code " +
    "again, in memory, and holds every decision, settlement and change of state, and the treasurer's books, byte for byte " +
    "against what was written then. Where compaction has taken earlier cycles out, it begins behind them. Ends with 1 at a " +
    "difference, and names it: code that has changed since, or something that is not on the log, such as a feature " +
    "service's answers. With a budget, curve, controller, reservation policy or release of your own it plays the campaign " +
    "again and shows what would have been. Nothing is written.",
  examples: [
    "stipend replay",
    "stipend replay --from 2026-05-01T12:00:00Z --json",
    "stipend replay --campaign spring --budget 500000 --curve asap",
  ],
  options: {
    from: option("time", "cycles from then on (default: the oldest there are); not with a change", asTime),
    campaign: option("id", "whose sessions are played with a change (default: the only one there is)", asText),
    budget: option("minor", "with this budget of the plan", asMinor),
    curve: option("mode", "with this curve: asap, even or points", asOneOf(["asap", "even", "points"])),
    points: many("time=share", "points of the curve", asPoint),
    controller: option("name", `with this controller: ${PACING_CONTROLLERS.join(", ")}`, asOneOf(PACING_CONTROLLERS)),
    reservation: option("policy", "with this reservation policy: strict or expected", asOneOf(["strict", "expected"])),
    release: option("hash", "with this release in force from the first promotion on; its first digits do", asText),
  },
  async run(context, values) {
    const changed = changesInWords(values);
    if (changed.length > 0) return await withLog(context, (log) => showWhatIf(context, log, values, changed));
    const tasks = await withLog(context, async (log) => [
      ...(await replayTreasury(context, log, values.from ?? 0)),
      ...(await replayServe(context, log, values.from ?? 0)),
    ]);
    const same = tasks.every(({ difference }) => difference === null);
    context.output.result({ same, tasks }, () => textOf(tasks, same));
    return same ? DONE : CHECK_FAILED;
  },
});

interface Asked {
  readonly from: number | undefined;
  readonly campaign: string | undefined;
  readonly budget: Minor | undefined;
  readonly curve: PacingMode | undefined;
  readonly points: readonly CurvePoint[];
  readonly controller: PacingController | undefined;
  readonly reservation: "strict" | "expected" | undefined;
  readonly release: string | undefined;
}

function changesInWords({ budget, curve, points, controller, reservation, release }: Asked): string[] {
  const mode = curve ?? (points.length > 0 ? "points" : undefined);
  return [
    ...(budget === undefined ? [] : [`with a budget of ${budget}`]),
    ...(mode === undefined ? [] : [`with the curve ${mode}`]),
    ...(controller === undefined ? [] : [`paced by ${controller}`]),
    ...(reservation === undefined ? [] : [`with the reservation policy ${reservation}`]),
    ...(release === undefined ? [] : [`with release ${release.slice(0, 12)}`]),
  ];
}

async function showWhatIf(context: Context, log: EventLog, asked: Asked, changed: readonly string[]): Promise<number> {
  if (asked.from !== undefined)
    throw new InvalidInput("--from: a change is played from the campaign's beginning: leave one of them out");
  const campaign = await campaignOr(log, asked.campaign);
  const recorded = await readRecorded(log, campaign);
  if (recorded.sessions.length === 0) throw new InvalidInput(`--campaign: no session of ${campaign} was drawn yet`);
  const { currency, startMs, endMs } = createdAs(recorded);
  const mode = asked.curve ?? (asked.points.length > 0 ? "points" : undefined);
  const fault = mode === undefined ? null : curveFault({ mode, points: asked.points }, { startMs, endMs });
  if (fault !== null) throw new InvalidInput(`--points: ${fault}`);
  const changes: Changes = {
    ...(asked.budget === undefined ? {} : { budgetMinor: asked.budget }),
    ...(mode === undefined ? {} : { curve: { mode, points: asked.points } }),
    ...(asked.controller === undefined ? {} : { controller: asked.controller }),
    ...(asked.reservation === undefined ? {} : { policy: asked.reservation }),
    ...(asked.release === undefined ? {} : { release: await clustersUnder(log, campaign, asked.release, recorded) }),
  };
  const whatIf: WhatIf = {
    ...{ campaign, currency, changed },
    asItWas: asItWas(recorded),
    playedAgain: playAgain(recorded, campaign, {}),
    wouldHaveBeen: playAgain(recorded, campaign, changes),
  };
  context.output.result(whatIf, () => whatIfText(whatIf));
  return DONE;
}

async function replayServe(context: Context, log: EventLog, fromMs: number): Promise<ReplayedTask[]> {
  const shelf = createReleaseShelf({ log, codec: codecFor("releases"), load: loadClassifier, deadlineMs: PATIENCE_MS });
  try {
    const tasks: ReplayedTask[] = [];
    for (const { partition } of await log.ranges("sessions"))
      tasks.push(
        await replayTask({
          log,
          kind: serveKind(context.config.application),
          partition,
          processor: createServeProcessor({ shelf }),
          outputs: ["decisions", "settlements"],
          fromMs,
          onCycle: ({ cycle }) =>
            context.progress.report("deciding again", 0, `partition ${partition}, cycle ${cycle}`),
        }),
      );
    return tasks;
  } finally {
    await shelf.close();
  }
}

/** A release is fetched in its time: here there is all the time. */
const PATIENCE_MS = 60_000;

async function replayTreasury(context: Context, log: EventLog, fromMs: number): Promise<ReplayedTask[]> {
  const shards = (await log.ranges("grants")).length;
  const tasks: ReplayedTask[] = [];
  for (const { partition } of await log.ranges("budget-pacing"))
    tasks.push(
      await replayTask({
        log,
        kind: treasuryKind(context.config.application),
        partition,
        processor: createTreasuryProcessor({ shards }),
        outputs: [],
        fromMs,
        onCycle: ({ cycle }) => context.progress.report("deciding again", 0, `treasurer ${partition}, cycle ${cycle}`),
      }),
    );
  return tasks;
}

function textOf(tasks: readonly ReplayedTask[], same: boolean): string {
  const rows = tasks.map(({ kind, partition, firstCycle, cycles, inputs, rows: written, stateRecords }) => [
    kind,
    partition,
    firstCycle,
    cycles,
    inputs,
    written,
    stateRecords,
  ]);
  const differences = tasks.flatMap(({ kind, partition, difference }) =>
    difference === null
      ? []
      : [`${kind} ${partition}, cycle ${difference.cycle}: ${difference.topic}: ${difference.detail}`],
  );
  const head = ["task", "partition", "from cycle", "cycles", "inputs", "rows", "state records"];
  return [
    tableText(head, rows),
    same ? "decided again, all of it is byte for byte the same" : "it is not the same:",
    ...differences,
  ].join("\n");
}
