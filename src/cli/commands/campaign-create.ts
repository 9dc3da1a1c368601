// stipend campaign create: a campaign from a file.

import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import { InvalidInput, parseCampaign, type Campaign } from "../../domain/campaign.ts";
import { defineCommand } from "../command.ts";
import { runSteering, STEERING } from "../control.ts";
import { withLog } from "../open-log.ts";
import { asText, required } from "../options.ts";

export const command = defineCommand({
  summary: "create a campaign from a file",
  description:
    "Reads a campaign in YAML or JSON (examples/campaign.yaml explains each field), checks it and sends it to the " +
    "treasurer. A campaign gives the control until a release of its arms is published and promoted.",
  examples: ["stipend campaign create examples/campaign.yaml --wait"],
  arguments: { file: required("file", "the campaign, YAML or JSON", asText) },
  options: STEERING,
  endsBySignal: true,
  async run(context, { file, ...steering }) {
    const campaign = await readCampaign(file);
    return await withLog(context, (log) =>
      runSteering(context, log, campaign.id, { kind: "create", campaign }, steering),
    );
  },
});

async function readCampaign(file: string): Promise<Campaign> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new InvalidInput(error.message);
  });
  try {
    return parseCampaign(parse(text), file);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new InvalidInput(`${file}: ${error.message}`);
    throw error;
  }
}
