// stipend releases publish: a release folder onto the log, as a candidate.

import { publishFolder } from "../../../workflows/control/publish-folder.ts";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";

export const command = defineCommand({
  summary: "put a release folder on the log, as a candidate",
  description:
    "Checks the folder that `stipend train` wrote (both of its hashes, and that its classifier is one) and publishes it for a campaign. It serves nobody " +
    "until it is promoted; publishing it again changes nothing.",
  examples: ["stipend releases publish releases/first --campaign spring"],
  arguments: { folder: required("folder", "folder of the release", asText) },
  options: { campaign: required("id", "campaign that it is for", asText) },
  async run(context, { folder, campaign }) {
    const { hash, publishedAtMs } = await withLog(context, (log) => publishFolder(context, log, { folder, campaign }));
    context.output.result(
      { campaign, hash, publishedAtMs },
      () =>
        `${hash}\nis a candidate of ${campaign}: \`stipend releases promote ${hash.slice(0, 12)} --campaign ${campaign}\``,
    );
    return DONE;
  },
});
