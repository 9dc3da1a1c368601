// stipend topics check: in what the log's topics differ from what is needed.

import { topicSpecs } from "../../../log/topics.ts";
import { defineCommand } from "../../command.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { openLog, type OpenedLog } from "../../../workflows/connect/open-log.ts";
import { tableText } from "../../../terminal/table.ts";
import { topicsTable } from "../../../workflows/topics/topics-table.ts";

export const command = defineCommand({
  summary: "compare the log's topics with what is needed",
  description:
    "Looks at partitions, cleanup, retention, largest record and, on Kafka, replication and min.insync.replicas where the " +
    "settings name them, and with SCHEMA_REGISTRY_URL at the schema and the compatibility of each topic's subject. Changes " +
    "nothing. Ends with 1 when something differs, each with what to do about it; a setting that the broker is too old to know is told, and no error.",
  examples: ["stipend topics check", "KAFKA_BROKERS=127.0.0.1:9092 stipend topics check --json"],
  async run(context) {
    const { partitions: users, controlPartitions: control } = context.config;
    const log = await openLog(context, { make: false });
    try {
      const specs = topicSpecs({ users, control });
      const differences = await log.differences(specs);
      const ok = differences.every(({ isOptional }) => isOptional === true);
      context.output.result({ ok, place: log.place, copies: log.copies, topics: specs, differences }, () =>
        [
          ...(ok ? [`${topicsTable(specs)}\n${log.copies}`] : []),
          ...(differences.length > 0 ? [differencesTable(differences)] : []),
          ...(ok ? [`${log.place} has all of this${differences.length > 0 ? " that it knows" : ""}`] : []),
        ].join("\n\n"),
      );
      return ok ? DONE : CHECK_FAILED;
    } finally {
      await log.close();
    }
  },
});

function differencesTable(differences: Awaited<ReturnType<OpenedLog["differences"]>>): string {
  return tableText(
    ["topic", "setting", "needed", "found", "what to do"],
    differences.map(({ topic, setting, needed, found, fix }) => [topic, setting, needed, found, fix]),
  );
}
