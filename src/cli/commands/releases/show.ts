// stipend releases show: one release with its frontier and its evidence.

import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { option, required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import { pickRelease, releaseJson, type ListedRelease } from "../../../workflows/control/release-list.ts";
import { tableText, timeText } from "../../../terminal/table.ts";

export const command = defineCommand({
  summary: "one release with its evidence",
  description:
    "The release's facts and the frontier it serves from; with --json also the certificate and the evidence.",
  examples: ["stipend releases show 3f9a1c", "stipend releases show 3f9a1c --campaign spring --json"],
  arguments: { release: required("release", "hash of the release, or its beginning", asText) },
  options: { campaign: option("id", "of this campaign", asText) },
  async run(context, { release, campaign }) {
    const found = await withLog(context, (log) => pickRelease(log, release, campaign));
    const { frontier, certificate } = found.manifest;
    const json = {
      ...releaseJson(found),
      frontier: frontier.rows.map(rowJson),
      certificate,
      evidence: evidenceOf(found),
    };
    context.output.result(json, () => textOf(found));
    return DONE;
  },
});

function rowJson(row: ListedRelease["manifest"]["frontier"]["rows"][number]) {
  const { budgetPerSession, expectedReward, expectedCost, shadowPrice } = row;
  return { budgetPerSession, expectedReward, expectedCost, shadowPrice };
}

/** Text for people; whatever else it is, it is not ours to refuse. */
function evidenceOf({ record }: ListedRelease): unknown {
  try {
    return JSON.parse(record.evidence);
  } catch {
    return record.evidence;
  }
}

function textOf(found: ListedRelease): string {
  const { record, manifest, standing } = found;
  const { certificate, frontier } = manifest;
  const facts: (readonly [string, string | number])[] = [
    ["campaign", record.campaign],
    ["standing", standing],
    ["published", timeText(record.publishedAtMs)],
    ["features", manifest.features.features.map(({ name }) => name).join(" ")],
    ["arms", manifest.arms.join(" ")],
    ["segments", manifest.clusters],
    ["solver", certificate.solver],
    ["largest gap", `${(100 * certificate.maxGap).toFixed(3)} % (bound ${(100 * certificate.gapBound).toFixed(3)} %)`],
    ...Object.entries(manifest.summary),
  ];
  const rows = frontier.rows.map(({ budgetPerSession, expectedCost, expectedReward, shadowPrice }, index) => [
    index,
    budgetPerSession.toFixed(2),
    expectedCost.toFixed(2),
    expectedReward.toFixed(5),
    shadowPrice.toPrecision(4),
  ]);
  return [
    `release ${record.hash}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(22)} ${value}`),
    "",
    tableText(
      ["row", "budget a session", "expected cost", "expected reward", "extra reward per extra minor unit"],
      rows,
    ),
  ].join("\n");
}
