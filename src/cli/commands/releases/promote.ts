// stipend releases promote: puts a release into force.

import { defineCommand } from "../../command.ts";
import { runSteering, STEERING } from "../../steering.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { flag, option, required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import { pickRelease } from "../../../workflows/control/release-list.ts";

export const command = defineCommand({
  summary: "put a release into force",
  description:
    "Sends the command to the treasurer and waits for its answer. Each partition changes over between two of its cycles, " +
    "with nothing dropped; --wait ends when all of them have. A release that was trained with another currency or other face " +
    "values than the campaign has is refused: its costs are in another money. A refusal ends with 1 and its reason.",
  examples: [
    "stipend releases promote 3f9a1c --campaign spring --wait",
    "stipend releases promote 3f9a1c --expect 12 --dry-run",
  ],
  arguments: { release: required("release", "hash of the release, or its beginning", asText) },
  options: {
    campaign: option("id", "of this campaign", asText),
    force: flag("also when its send costs are others than the campaign's"),
    ...STEERING,
  },
  endsBySignal: true,
  async run(context, { release, campaign, force, ...steering }) {
    return await withLog(context, async (log) => {
      const { record } = await pickRelease(log, release, campaign);
      return await runSteering(
        context,
        log,
        record.campaign,
        { kind: "promote_release", release: record.hash, force },
        steering,
      );
    });
  },
});
