// The benchmarks' campaign and release, brought into force by the commands that people use.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { canonicalJson } from "../../src/domain/canonical.ts";
import { toJsonText } from "../../src/terminal/output.ts";
import { benchGrant, benchRelease, CAMPAIGN } from "../serve/serve-world.ts";
import { runCommand, type Env } from "./stipend.ts";

/** While something runs that answers; `other` takes the place of what the campaign has by that name. */
export async function openCampaign(folder: string, env: Env, other: Partial<Campaign>): Promise<void> {
  const { hash, manifest, classifier } = benchRelease();
  const release = path.join(folder, "release");
  mkdirSync(release);
  writeFileSync(
    path.join(folder, "campaign.json"),
    toJsonText({ ...benchGrant("", 0, Date.now()).campaign, ...other }),
  );
  writeFileSync(path.join(release, "manifest.json"), canonicalJson(manifest));
  writeFileSync(path.join(release, "classifier.onnx"), classifier);
  writeFileSync(path.join(release, "evidence.json"), JSON.stringify({ made: "for a benchmark" }));
  await runCommand(["campaign", "create", path.join(folder, "campaign.json"), "--wait"], env);
  await runCommand(["releases", "publish", release, "--campaign", CAMPAIGN], env);
  await runCommand(["releases", "promote", hash, "--wait"], env);
}
