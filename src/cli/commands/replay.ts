// stipend replay: the recorded sessions decided again; with nothing changed, byte for byte the same.

import type { EventLog } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import { codecFor } from "../../log/codec/codec.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import { createReleaseShelf } from "../../serve/classify/release-shelf.ts";
import { createServeProcessor } from "../../serve/processor.ts";
import { createTreasuryProcessor } from "../../treasury/processor.ts";
import { CHECK_FAILED, defineCommand, DONE, type Context } from "../command.ts";
import { withLog } from "../open-log.ts";
import { asTime, option } from "../options.ts";
import { replayTask, type ReplayedTask } from "../replay/replay-task.ts";
import { tableText } from "../table.ts";

export const command = defineCommand({
  summary: "decide the recorded sessions again, and say whether the same comes out",
  description:
    "Takes each recorded cycle of each partition (its inputs, its time) through the same code again, in memory, and holds " +
    "every decision, settlement and change of state, and the treasurer's books, against what was written then. Where " +
    "compaction has taken earlier cycles out, it begins behind them. Nothing is written. Ends with 1 at a difference, and " +
    "names it: code that has changed since, or something that is not on the log, such as a feature service's answers.",
  examples: ["stipend replay", "stipend replay --from 2026-05-01T12:00:00Z --json"],
  options: { from: option("time", "cycles from then on (default: the oldest there are)", asTime) },
  async run(context, { from }) {
    const tasks = await withLog(context, async (log) => [
      ...(await replayTreasury(context, log, from ?? 0)),
      ...(await replayServe(context, log, from ?? 0)),
    ]);
    const same = tasks.every(({ difference }) => difference === null);
    context.output.result({ same, tasks }, () => textOf(tasks, same));
    return same ? DONE : CHECK_FAILED;
  },
});

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
