// stipend retrain: from the training log to a candidate release; once, or each time that the trigger says so.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { asInteger, asText } from "../../../settings/parse.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { findCampaign, type CampaignOnLog } from "../../../workflows/control/campaigns.ts";
import {
  checkEnoughRows,
  earlierOf,
  releaseInForce,
  retrainRound,
  watchAndRetrain,
} from "../../../workflows/retrain/round.ts";
import { defineCommand } from "../../command.ts";
import { flag, many, option, withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "from the training log to a candidate release",
  description:
    "Writes a campaign's part of the training log to a file, trains on it in a process of its own with the features of the " +
    "release in force, and publishes what comes out as a candidate; --promote puts it into force. Without --once it goes " +
    "on, and trains each time that STIPEND_RETRAIN_ROWS or STIPEND_RETRAIN_PERIOD_MS says so, as `stipend run` does by " +
    "itself. Each round's release and report stay below STIPEND_STATE_DIR/retraining.",
  examples: [
    "stipend retrain --once --campaign spring --promote",
    "stipend retrain --once --data log.csv.gz --mapping mapping.yaml",
    "stipend retrain",
  ],
  options: {
    once: flag("one round now, and end"),
    campaign: option("id", "for this campaign only (with --once default: the only one)", asText),
    promote: flag("put the candidate into force"),
    data: many("file", "learn also from this randomised log, such as that of the first release", asText),
    mapping: option("file", "what its columns mean", asText),
    seed: withDefault("number", "seed of the training", asInteger({ min: 0 }), 1),
    quick: flag("train in a hurry: smaller networks and fewer epochs, without trees, at some loss of value"),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, values) {
    const folder = join(context.config.stateDir, "retraining");
    const file = join(folder, `earlier-${process.pid}.parquet`);
    const earlier = await earlierOf(values, folder, file);
    try {
      return await withLog(context, async (log) => {
        const round = async (found: CampaignOnLog) => {
          const done = await retrainRound(context, log, found, { ...values, earlier });
          context.output.item(done.json, () => done.text);
          return done.ok;
        };
        if (!values.once) return await watchAndRetrain(context, log, values.campaign, round);
        const found = await findCampaign(log, values.campaign);
        releaseInForce(found);
        if (earlier === null) await checkEnoughRows(context, log, found.campaign.id);
        return (await round(found)) ? DONE : CHECK_FAILED;
      });
    } finally {
      await rm(file, { force: true });
    }
  },
});
