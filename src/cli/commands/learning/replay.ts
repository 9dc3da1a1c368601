// stipend replay: the recorded sessions decided again; with nothing changed, byte for byte the same; with a change, what would
// have been.

import { InvalidInput, PACING_CONTROLLERS } from "../../../domain/campaign/campaign.ts";
import { asAmount, asOneOf, asText, asTime } from "../../../settings/parse.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { checkOutFile } from "../../../terminal/out-file.ts";
import { tableText } from "../../../terminal/table.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { asPoint } from "../../../workflows/control/pacing/curve-point.ts";
import { replayLog } from "../../../workflows/replay/replay-log.ts";
import type { ReplayedTask } from "../../../workflows/replay/replay-task.ts";
import { changesInWords, showWhatIf, type WhatIfRequest } from "../../../workflows/replay/show-what-if.ts";
import { defineCommand } from "../../command.ts";
import { flag, many, option } from "../../options.ts";

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
    const tasks = await withLog(context, (log) => replayLog(context, log, values.from ?? 0));
    const same = tasks.every(({ difference }) => difference === null);
    context.output.result({ same, tasks }, () => textOf(tasks, same));
    return same ? DONE : CHECK_FAILED;
  },
});

function checkOut({ out, force }: WhatIfRequest, isChanged: boolean): void {
  if (out === undefined) return;
  if (!isChanged) throw new InvalidInput("--out: there is a page of what would have been: change something");
  checkOutFile(out, force);
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
