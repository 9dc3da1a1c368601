// stipend dead-letters redrive: sends records that could not be used once more to where they came from.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { DONE } from "../../../terminal/context.ts";
import { tableText } from "../../../terminal/table.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { redrive, sumOf } from "../../../workflows/topics/redrive.ts";
import { defineCommand } from "../../command.ts";
import { CHOICE } from "../../dead-letter-options.ts";
import { flag } from "../../options.ts";

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
    const done = await withLog(context, (log) =>
      redrive(log, choice, {
        dryRun,
        onProgress: (count) => progress.report("redriving", 0, `${count} records`),
      }),
    );
    const { byTopic, leftOut, tooLarge, erased } = done;
    const json = {
      dryRun,
      redriven: sumOf(byTopic),
      byTopic: Object.fromEntries(byTopic),
      leftOut,
      tooLarge,
      erased,
    };
    output.result(json, () =>
      [
        tableText(["topic", dryRun ? "would be sent" : "sent"], [...byTopic]),
        ...(leftOut > 0 ? [`${leftOut} left out: they came from topics that only the allocator writes`] : []),
        ...(erased > 0 ? [`${erased} left out: their users were erased since`] : []),
        ...(tooLarge > 0 ? [`${tooLarge} left out: they were too large, and only their beginning is kept`] : []),
      ].join("\n"),
    );
    return DONE;
  },
});
