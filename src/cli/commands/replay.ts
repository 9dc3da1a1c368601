// stipend replay: the recorded sessions decided again; with nothing changed, byte for byte the same; with a change, what would
// have been.

import { writeFile } from "node:fs/promises";
import {
  curveFault,
  InvalidInput,
  PACING_CONTROLLERS,
  type CurvePoint,
  type PacingController,
  type PacingMode,
} from "../../domain/campaign.ts";
import { formatMinor, type TypedAmount } from "../../domain/money.ts";
import type { EventLog } from "../../log/event-log.ts";
import { placementOf } from "../../log/placement.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import { codecFor } from "../../log/codec/codec.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import { renderWhatIf, type WhatIfReport } from "../../report/evaluation/what-if-report.ts";
import { createReleaseShelf } from "../../serve/classify/release-shelf.ts";
import { createServeProcessor } from "../../serve/processor.ts";
import { createTreasuryProcessor } from "../../treasury/processor.ts";
import { defineCommand } from "../command.ts";
import { CHECK_FAILED, DONE, type Context } from "../../terminal/context.ts";
import { campaignOr } from "../../workflows/control/control.ts";
import { withLog } from "../../workflows/connect/open-log.ts";
import { checkOutFile } from "../../terminal/out-file.ts";
import { flag, many, option } from "../options.ts";
import { asAmount, asOneOf, asText, asTime, minorOf } from "../../settings/parse.ts";
import { asPoint } from "../../workflows/control/pacing/curve-point.ts";
import { clustersUnder } from "../../workflows/replay/clusters.ts";
import { readRecorded, type Recorded } from "../../workflows/replay/recorded.ts";
import { secretsOf } from "../../workflows/replay/secrets.ts";
import { replayTask, type ReplayedTask } from "../../workflows/replay/replay-task.ts";
import { asItWas, createdAs, playAgain, type Changes } from "../../workflows/replay/what-if.ts";
import { whatIfText } from "../../workflows/replay/what-if-view.ts";
import { tableText, timeText } from "../../terminal/table.ts";

export const command = defineCommand({
  summary: "decide the recorded sessions again, as they were or with one thing changed",
  description:
    "With nothing changed it takes each recorded cycle of each partition (its inputs, its time) through the same code " +
    "again, in memory, and holds every decision, settlement and change of state, and the treasurer's books, byte for byte " +
    "against what was written then. Where compaction has taken earlier cycles out, it begins behind them. Ends with 1 at a " +
    "difference, and names it: code that has changed since, or something that is not on the log, such as a feature " +
    "service's answers. With a budget, curve, controller, reservation policy or release of your own it plays the campaign " +
    "again and shows what would have been; with --from, the change is made then, and until then all is as it was. Nothing " +
    "is written to the log.",
  examples: [
    "stipend replay",
    "stipend replay --from 2026-05-01T12:00:00Z --json",
    "stipend replay --campaign spring --budget 500000 --curve asap",
    "stipend replay --from 2026-05-01T12:00:00Z --budget 500000 --out what-if.html",
  ],
  options: {
    from: option("time", "cycles from then on (default: the oldest there are); the change is made then", asTime),
    campaign: option("id", "whose sessions are played with a change (default: the only one there is)", asText),
    budget: option("amount", "with this budget of the plan: minor units, or 5000.00EUR", asAmount),
    curve: option("mode", "with this curve: asap, even or points", asOneOf(["asap", "even", "points"])),
    points: many("time=share", "points of the curve", asPoint),
    controller: option("name", `with this controller: ${PACING_CONTROLLERS.join(", ")}`, asOneOf(PACING_CONTROLLERS)),
    reservation: option("policy", "with this reservation policy: strict or expected", asOneOf(["strict", "expected"])),
    release: option(
      "hash",
      "with this release in force from the first promotion, or --from, on; its first digits do",
      asText,
    ),
    out: option("file", "also write a page with pictures of what would have been there (.html)", asText),
    force: flag("replace that page if it is there"),
  },
  async run(context, values) {
    const isChanged = changesInWords(values, "").length > 0;
    checkOut(values, isChanged);
    if (isChanged) return await withLog(context, (log) => showWhatIf(context, log, values));
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
  readonly budget: TypedAmount | undefined;
  readonly curve: PacingMode | undefined;
  readonly points: readonly CurvePoint[];
  readonly controller: PacingController | undefined;
  readonly reservation: "strict" | "expected" | undefined;
  readonly release: string | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
}

function checkOut({ out, force }: Asked, isChanged: boolean): void {
  if (out === undefined) return;
  if (!isChanged) throw new InvalidInput("--out: there is a page of what would have been: change something");
  checkOutFile(out, force);
}

function changesInWords(
  { budget, curve, points, controller, reservation, release }: Asked,
  currency: string,
): string[] {
  const mode = curve ?? (points.length > 0 ? "points" : undefined);
  return [
    ...(budget === undefined ? [] : [`with a budget of ${formatMinor(budget.minor, currency)}`]),
    ...(mode === undefined ? [] : [`with the curve ${mode}`]),
    ...(controller === undefined ? [] : [`paced by ${controller}`]),
    ...(reservation === undefined ? [] : [`with the reservation policy ${reservation}`]),
    ...(release === undefined ? [] : [`with release ${release.slice(0, 12)}`]),
  ];
}

async function showWhatIf(context: Context, log: EventLog, asked: Asked): Promise<number> {
  if (asked.from !== undefined && asked.reservation !== undefined)
    throw new InvalidInput(
      "--reservation: a campaign keeps its policy: it can only be another from its beginning on; leave --from out",
    );
  const campaign = await campaignOr(log, asked.campaign);
  const recorded = await readRecorded(log, campaign);
  if (recorded.sessions.length === 0) throw new InvalidInput(`--campaign: no session of ${campaign} was drawn yet`);
  const { currency, startMs, endMs } = createdAs(recorded);
  const mode = asked.curve ?? (asked.points.length > 0 ? "points" : undefined);
  const fault = mode === undefined ? null : curveFault({ mode, points: asked.points }, { startMs, endMs });
  if (fault !== null) throw new InvalidInput(`--points: ${fault}`);
  const changes: Changes = {
    ...(asked.from === undefined ? {} : { fromMs: asked.from }),
    ...(asked.budget === undefined ? {} : { budgetMinor: minorOf(asked.budget, currency, "--budget") }),
    ...(mode === undefined ? {} : { curve: { mode, points: asked.points } }),
    ...(asked.controller === undefined ? {} : { controller: asked.controller }),
    ...(asked.reservation === undefined ? {} : { policy: asked.reservation }),
    ...(asked.release === undefined ? {} : { release: await clustersUnder(log, campaign, asked.release, recorded) }),
  };
  const changed = changesInWords(asked, currency);
  const whatIf: WhatIfReport = {
    ...{ campaign, currency, ...timesOf(recorded) },
    changed: asked.from === undefined ? changed : [...changed, `from ${timeText(asked.from)} on`],
    asItWas: asItWas(recorded),
    playedAgain: playAgain(recorded, campaign, {}),
    wouldHaveBeen: playAgain(recorded, campaign, changes),
  };
  if (asked.out !== undefined) {
    context.progress.report("drawing the page", 0);
    await writeFile(asked.out, await renderWhatIf(whatIf));
  }
  context.output.result({ ...whatIf, page: asked.out ?? null }, () => whatIfText(whatIf, asked.out));
  return DONE;
}

function timesOf({ sessions }: Recorded): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = sessions[0]?.decision.decidedAtMs ?? 0;
  return { fromMs, toMs: sessions.at(-1)?.decision.decidedAtMs ?? fromMs };
}

async function replayServe(context: Context, log: EventLog, fromMs: number): Promise<ReplayedTask[]> {
  const shelf = createReleaseShelf({ log, codec: codecFor("releases"), load: loadClassifier, deadlineMs: PATIENCE_MS });
  try {
    const placement = await placementOf(log, "sessions");
    const tasks: ReplayedTask[] = [];
    for (const { partition } of await log.ranges("sessions"))
      tasks.push(
        await replayTask({
          log,
          kind: serveKind(context.config.application),
          partition,
          processor: createServeProcessor({ shelf, placement }),
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
  const placement = await placementOf(log, "budget-pacing");
  const secrets = await secretsOf(log);
  const newSecret = (campaign: string): Uint8Array => secrets.get(campaign) ?? new Uint8Array(0);
  const tasks: ReplayedTask[] = [];
  for (const { partition } of await log.ranges("budget-pacing"))
    tasks.push(
      await replayTask({
        log,
        kind: treasuryKind(context.config.application),
        partition,
        processor: createTreasuryProcessor({ shards, placement, newSecret }),
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
