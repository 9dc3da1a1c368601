// stipend log copy: the embedded log of a folder to the log that the settings name.

import path from "node:path";
import { DONE } from "../../../terminal/context.ts";
import { asText } from "../../../settings/parse.ts";
import { openFolder, openLog } from "../../../workflows/connect/open-log.ts";
import { copyLog } from "../../../workflows/topics/copy-log.ts";
import { defineCommand } from "../../command.ts";
import { required } from "../../options.ts";

export const command = defineCommand({
  summary: "move an embedded log to Kafka, with all that it knows",
  description:
    "Copies the embedded log of a folder into the log that the settings name, whose topics must be empty or missing: all records, " +
    "with the tasks' state and where they go on, so that budgets, holds, users and the chances of campaigns go with it. Stop " +
    "the allocator, the producers and the tools first: what is written meanwhile is not copied, and said. Until the copy is whole, " +
    "every command refuses the new log. The folder stays as it is; do not run on it again.",
  examples: ["KAFKA_BROKERS=127.0.0.1:9092 stipend log copy /srv/stipend/log"],
  arguments: { folder: required("folder", "of the embedded log", asText) },
  async run(context, { folder }) {
    const source = path.resolve(folder);
    const from = await openFolder(context, source);
    try {
      const to = await openLog(context, { make: true });
      try {
        const { application } = context.config;
        const onProgress = (done: number) => context.progress.report("copying", done);
        const figures = await copyLog({ from, to, application, newId: context.newId, onProgress });
        const { records, users, control } = figures;
        context.output.result(
          { folder: source, ...figures },
          () =>
            `${source}: ${records} records are on ${to.place} now; run there with STIPEND_PARTITIONS=${users} ` +
            `STIPEND_CONTROL_PARTITIONS=${control}`,
        );
        return DONE;
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  },
});
