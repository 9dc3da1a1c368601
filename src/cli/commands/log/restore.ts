// stipend log restore: a new embedded log of a backup.

import path from "node:path";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { SETTINGS } from "../../../settings/table/settings.ts";
import { makeFolder } from "../../../workflows/connect/folder.ts";
import { embeddedBackups } from "../../../workflows/connect/open-log.ts";
import { required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";

export const command = defineCommand({
  summary: "make a new embedded log of a backup",
  description:
    "Puts the log of a backup into the folder STIPEND_DIR, which must be missing or empty. What was committed after the " +
    "backup is not in it: decisions and money given since are unknown to it, so pause the campaigns or lower their budgets " +
    "before `stipend run` decides again (docs/OPERATIONS.md). A local store that knows of more is filled again from the log.",
  examples: [
    "STIPEND_DIR=/srv/stipend/log-new stipend log restore /backups/log-2026-05-01.sqlite",
    "stipend log restore log.sqlite",
  ],
  arguments: { file: required("file", "the backup", asText) },
  async run(context, { file }) {
    const source = path.resolve(file);
    const folder = context.config.dir;
    const { restoreBackup } = await embeddedBackups(context.config);
    makeFolder(SETTINGS.dir.env, folder);
    const figures = restoreBackup(source, folder);
    context.output.result(
      { folder, file: source, ...figures },
      () => `${folder}: ${figures.topics} topics, ${figures.bytes} bytes, from ${source}`,
    );
    return DONE;
  },
});
