// stipend releases list: the releases on the log, with what is in force.

import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { option } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import { listReleases, publishedText, releaseJson } from "../../../workflows/control/release-list.ts";
import { tableText } from "../../../terminal/table.ts";

export const command = defineCommand({
  summary: "the releases on the log, with what is in force",
  description:
    "A release is in force for its campaign, or was before it (previous: what a rollback brings back), or is a candidate, " +
    "which serves nobody until it is promoted.",
  examples: ["stipend releases list", "stipend releases list --campaign spring --json"],
  options: { campaign: option("id", "of this campaign only", asText) },
  async run(context, { campaign }) {
    const { found, published } = await withLog(context, async (log) => ({
      found: await listReleases(log, campaign),
      published: await publishedText(log),
    }));
    const releases = found.map(releaseJson);
    context.output.result({ releases }, () =>
      releases.length === 0
        ? "no release yet: `stipend train` makes one, `stipend releases publish` puts it on the log"
        : tableText(
            ["campaign", "release", "standing", "published", "segments", "offers"],
            releases.map(({ hash, standing, clusters, arms, ...release }) => [
              release.campaign,
              hash.slice(0, 12),
              standing,
              published(release),
              clusters,
              arms.join(" "),
            ]),
          ),
    );
    return DONE;
  },
});
