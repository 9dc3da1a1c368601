// stipend log backup: a copy of the embedded log, while it is in use.

import { statSync } from "node:fs";
import path from "node:path";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { embeddedBackups } from "../../../workflows/connect/open-log.ts";
import { required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";

export const command = defineCommand({
  summary: "copy the embedded log to a file, while it is in use",
  description:
    "The copy is one file with the state at its beginning; `run`, `send` and the others go on meanwhile. It is read to its " +
    "end before it gets its name. `stipend log restore` makes a folder of it. The local stores need no copy: they are " +
    "filled from the log. Kafka's log is copied by Kafka's own means.",
  examples: ["stipend log backup /backups/log-2026-05-01.sqlite"],
  arguments: { file: required("file", "the new file", asText) },
  async run(context, { file }) {
    const target = path.resolve(file);
    const folder = context.config.dir;
    const { backUp } = await embeddedBackups(context.config);
    if (statSync(path.dirname(target), { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new InvalidInput(`${target}: ${path.dirname(target)} is no folder: name a file in one that is there`);
    const figures = await backUp(folder, target, (done) => context.progress.report("copying", done));
    context.output.result(
      { folder, file: target, ...figures },
      () => `${target}: ${figures.topics} topics, ${figures.bytes} bytes`,
    );
    return DONE;
  },
});
