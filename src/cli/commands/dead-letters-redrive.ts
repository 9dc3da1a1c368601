// stipend dead-letters redrive: sends records that could not be used once more to where they came from.

import { InvalidInput } from "../../domain/campaign.ts";
import { isWhole } from "../../domain/dead-letter.ts";
import type { OutRecord } from "../../log/event-log.ts";
import type { Placement } from "../../log/partitioner.ts";
import { placementOf } from "../../log/placement.ts";
import { defineCommand } from "../command.ts";
import { DONE } from "../../terminal/context.ts";
import { CHOICE } from "../dead-letter-options.ts";
import { lettersOf } from "../../workflows/topics/dead-letters.ts";
import { withLog } from "../../workflows/connect/open-log.ts";
import { flag } from "../options.ts";
import { homeOf, sendable, type SendableTopic } from "../../workflows/topics/sending.ts";
import { tableText } from "../../terminal/table.ts";

const TOGETHER = 500;

export const command = defineCommand({
  summary: "send records that could not be used once more to their topic",
  description:
    "For records whose cause is gone: a schema that was not known yet, a clock that ran ahead, an outcome that came before " +
    "its decision. They go out byte for byte with their key, to the partition where it belongs. A session or an outcome that has been used meanwhile is not " +
    "used again; what still cannot be used comes back as a new dead letter. Records of topics that the allocator alone " +
    "writes are left out and counted, and so are those that were too large to be kept whole.",
  examples: [
    "stipend dead-letters redrive --reason future --dry-run",
    "stipend dead-letters redrive --at 0@17 0@18",
    "stipend dead-letters redrive --all",
  ],
  options: { ...CHOICE, all: flag("all of them"), dryRun: flag("say what would be sent, and send nothing") },
  async run(context, { all, dryRun, ...choice }) {
    const chosen = choice.reason !== undefined || choice.topic !== undefined || choice.at.length > 0;
    if (chosen === all) throw new InvalidInput("say which: --reason, --topic or --at; or --all for all of them");
    const { output, progress } = context;
    const byTopic = new Map<string, number>();
    let leftOut = 0;
    let tooLarge = 0;
    await withLog(context, async (log) => {
      const placements = new Map<string, Placement>();
      let records: OutRecord[] = [];
      const flush = async () => {
        if (!dryRun) await log.send(records);
        records = [];
      };
      for await (const { letter } of lettersOf(log, choice)) {
        const topic = openTopic(letter.topic);
        if (!isWhole(letter)) tooLarge += 1;
        else if (topic === null) leftOut += 1;
        if (!isWhole(letter) || topic === null) continue;
        byTopic.set(topic, (byTopic.get(topic) ?? 0) + 1);
        const { key, value } = letter;
        let placement = placements.get(topic);
        if (placement === undefined) placements.set(topic, (placement = await placementOf(log, topic)));
        const partition = homeOf(topic, letter, placement);
        records.push({ topic, key, value, ...(partition === undefined ? {} : { partition }) });
        if (records.length >= TOGETHER) await flush();
        progress.report("redriving", 0, `${[...byTopic.values()].reduce((sum, count) => sum + count, 0)} records`);
      }
      await flush();
    });
    const json = {
      dryRun,
      redriven: [...byTopic.values()].reduce((sum, n) => sum + n, 0),
      byTopic: Object.fromEntries(byTopic),
      leftOut,
      tooLarge,
    };
    output.result(json, () =>
      [
        tableText(["topic", dryRun ? "would be sent" : "sent"], [...byTopic]),
        ...(leftOut > 0 ? [`${leftOut} left out: they came from topics that only the allocator writes`] : []),
        ...(tooLarge > 0 ? [`${tooLarge} left out: they were too large, and only their beginning is kept`] : []),
      ].join("\n"),
    );
    return DONE;
  },
});

/** Null where only the allocator writes. */
function openTopic(topic: string): SendableTopic | null {
  try {
    return sendable(topic, false);
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}
