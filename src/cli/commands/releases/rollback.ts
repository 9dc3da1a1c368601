// stipend releases rollback: goes back to the release that was in force before.

import { defineCommand } from "../../command.ts";
import { campaignOr } from "../../../workflows/control/control.ts";
import { runSteering, STEERING } from "../../steering.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { option } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";

export const command = defineCommand({
  summary: "go back to the release that was in force before",
  description:
    "Sends the command to the treasurer and waits for its answer; --wait ends when every partition serves the earlier " +
    "release again. A refusal ends with 1 and its reason.",
  examples: ["stipend releases rollback --campaign spring --wait"],
  options: { campaign: option("id", "of this campaign (default: the only one)", asText), ...STEERING },
  endsBySignal: true,
  async run(context, { campaign, ...steering }) {
    return await withLog(context, async (log) =>
      runSteering(context, log, await campaignOr(log, campaign), { kind: "rollback_release" }, steering),
    );
  },
});
