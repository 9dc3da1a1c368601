// stipend campaign create: campaigns from files.

import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { InvalidInput, parseCampaign, periodFault, type Campaign } from "../../../domain/campaign/campaign.ts";
import { utf8Text } from "../../../domain/reading/utf8.ts";
import { defineCommand } from "../../command.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { runSteering, STEERING } from "../../steering.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { someOf } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";

export const command = defineCommand({
  summary: "create campaigns from files",
  description:
    "Reads campaigns in YAML or JSON, one a file (examples/campaign.yaml explains each field), checks them all and then " +
    "sends them to the treasurer. A campaign gives the control until a release of its arms is published and promoted.",
  examples: ["stipend campaign create examples/campaign.yaml --wait", "stipend campaign create campaigns/*.yaml"],
  arguments: { file: someOf("file", "the campaigns, YAML or JSON", asText) },
  options: STEERING,
  json: "lines",
  endsBySignal: true,
  async run(context, { file: files, ...steering }) {
    if (files.length > 1 && steering.commandId !== undefined)
      throw new InvalidInput("--command-id: an id is of one command: name one file");
    const campaigns = await readCampaigns(files, context.nowMs());
    return await withLog(context, async (log) => {
      const codes: number[] = [];
      for (const campaign of campaigns)
        codes.push(await runSteering(context, log, campaign.id, { kind: "create", campaign }, steering));
      return codes.includes(CHECK_FAILED) ? CHECK_FAILED : DONE;
    });
  },
});

/** All of them, or a message for each that is wrong. */
async function readCampaigns(files: readonly string[], nowMs: number): Promise<Campaign[]> {
  const campaigns: Campaign[] = [];
  const wrong: string[] = [];
  for (const file of files)
    try {
      campaigns.push(await readCampaign(file, nowMs));
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      wrong.push(error.message);
    }
  if (wrong.length > 0) throw new InvalidInput(wrong.join("\n"));
  return campaigns;
}

async function readCampaign(file: string, nowMs: number): Promise<Campaign> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new InvalidInput(`${file}: ${error.message}`);
  });
  const text = utf8Text(bytes);
  if (text === null) throw new InvalidInput(`${file}: no campaign file: it is not UTF-8. ${LOOKS}`);
  const campaign = parseCampaign(written(text, file), file);
  const fault = periodFault(campaign, nowMs);
  if (fault !== null) throw new InvalidInput(`${file}: ${fault}`);
  return campaign;
}

const LOOKS =
  "A campaign file has lines such as `id: spring`, `currency: EUR` and `budgetMinor: 10000000`; examples/campaign.yaml explains each";

/** What is no list of fields, or has none of a campaign's, is another file: each field that it lacks would say nothing. */
function written(text: string, file: string): unknown {
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new InvalidInput(
      `${file}: no campaign file: line ${broken.linePos?.[0].line ?? 1} is neither YAML nor JSON (${firstLine(broken.message)}). ${LOOKS}`,
    );
  const fields: unknown = document.toJS();
  const isCampaign = typeof fields === "object" && fields !== null && FIELDS.some((name) => name in fields);
  if (!isCampaign) throw new InvalidInput(`${file}: no campaign file: it has none of ${FIELDS.join(", ")}. ${LOOKS}`);
  return fields;
}

const FIELDS = ["id", "currency", "budgetMinor", "startMs", "arms"];

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/ at line .*$/, "");
}
