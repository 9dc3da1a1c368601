// stipend verify: proves the money from the topics alone.

import { verify, type VerifyResult } from "../../../evaluate/verify/verify.ts";
import { defineCommand } from "../../command.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { withDefault } from "../../options.ts";
import { asInteger } from "../../../settings/parse.ts";
import { tableText } from "../../../terminal/table.ts";

export const command = defineCommand({
  summary: "prove the money from the topics alone",
  description:
    "Reads decisions, settlements, grants, reports and statuses, adds the money up with arithmetic of its own, and holds " +
    "it against laws L1 to L5 (docs/ARCHITECTURE.md) and against the hash chain of each partition. What is in two partitions, or " +
    "in another than its key's, is found as well. It reads the log and " +
    "nothing else, and can be run while the allocator works. Ends with 1 when a law does not hold, and names the record.",
  examples: ["stipend verify", "stipend verify --json"],
  options: {
    show: withDefault("number", "violations that are printed", asInteger({ min: 1, max: 1_000 }), 20),
  },
  async run(context, { show }) {
    const result = await withLog(context, (log) =>
      verify(log, { progress: (rows) => context.progress.report("verifying", 0, `${rows} rows`) }),
    );
    context.output.result(result, () => textOf(result, show));
    return result.ok ? DONE : CHECK_FAILED;
  },
});

function textOf({ ok, checked, violations, violationsInAll, beginsAt }: VerifyResult, show: number): string {
  const rows = Object.entries(checked).map(([what, count]) => [what, count] as const);
  const begins = beginsAt.map(
    ({ partition, cycle }) => `partition ${partition}: older rows have expired; its proof begins at cycle ${cycle}`,
  );
  const found = violations
    .slice(0, show)
    .map(({ law, topic, partition, offset, detail }) => [law, `${topic} ${partition}@${offset}`, detail] as const);
  return [
    tableText(["checked", "count"], rows),
    ...begins,
    ok
      ? "every law holds"
      : `${violationsInAll} violations${found.length < violationsInAll ? `; the first ${found.length}` : ""}:`,
    ...(ok ? [] : [tableText(["law", "record", "what is wrong"], found)]),
  ].join("\n");
}
