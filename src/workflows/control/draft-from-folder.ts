// Draft from a folder: a campaign from the release that `train` wrote there, rewarded as its log was.

import { z } from "zod";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { readReleaseFolder } from "../../retrain/publish.ts";
import { draftCampaign, type Draft, type DraftOptions } from "./draft-campaign.ts";

/** What is asked of a training's evidence here. */
const evidence = z.object({
  data: z.object({
    currency: z.string(),
    rewards: z.array(z.object({ name: z.string(), weight: z.number() })),
  }),
});

export async function draftFromFolder(
  folder: string,
  optionsFor: (currency: string, rewardWeights: Readonly<Record<string, number>>) => DraftOptions,
): Promise<Draft> {
  const { release, evidenceText } = await readReleaseFolder(folder);
  const { manifest } = release;
  const told = evidence.safeParse(JSON.parse(evidenceText));
  if (!told.success)
    throw new InvalidInput(`${folder}/evidence.json: it does not tell the currency and the rewards of the log`);
  const { currency, rewards } = told.data.data;
  const weights = Object.fromEntries(rewards.map(({ name, weight }) => [name, weight]));
  return draftCampaign(manifest, manifest.money?.currency ?? currency, optionsFor(currency, weights));
}
