// stipend topics create: makes the topics that are missing.

import { topicSpecs } from "../../../log/topics.ts";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { openLog } from "../../../workflows/connect/open-log.ts";
import { topicsTable } from "../../../workflows/topics/topics-table.ts";

export const command = defineCommand({
  summary: "make the topics that are missing",
  description:
    "Makes each topic with the partitions, cleanup and retention that it needs, and leaves those alone that are there; " +
    "`stipend run` does the same when it starts. What the partition counts and STIPEND_PARTITIONER are then is written down and cannot " +
    "be changed later: a user's records would land elsewhere. What differs is refused. With SCHEMA_REGISTRY_URL, each topic's subject is given this version's schema.",
  examples: ["stipend topics create", "STIPEND_PARTITIONS=12 KAFKA_BROKERS=127.0.0.1:9092 stipend topics create"],
  async run(context) {
    const { partitions: users, controlPartitions: control } = context.config;
    const log = await openLog(context, { make: true });
    try {
      const specs = topicSpecs({ users, control });
      const before = new Set((await log.topics()).map(({ name }) => name));
      const registered = log.registry?.lacking() ?? [];
      await log.ensureTopics(specs);
      const created = specs.filter(({ name }) => !before.has(name)).map(({ name }) => name);
      context.output.result(
        { place: log.place, copies: log.copies, created, ...(log.registry && { registered }), topics: specs },
        () =>
          `${topicsTable(specs)}\n${log.copies}\n\n${created.length} of ${specs.length} made on ${log.place}` +
          (log.registry ? `; ${registered.length} schemas registered` : ""),
      );
      return DONE;
    } finally {
      await log.close();
    }
  },
});
