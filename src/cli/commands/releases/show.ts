// stipend releases show: one release with its frontier and its evidence.

import { defineCommand } from "../../command.ts";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { option, required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import {
  pickRelease,
  publishedText,
  releaseJson,
  type ListedRelease,
} from "../../../workflows/control/release-list.ts";
import { tableText } from "../../../terminal/table.ts";

const SESSIONS = 1_000;

export const command = defineCommand({
  summary: "one release with its evidence",
  description:
    "The release's facts and the frontier it serves from; with --json also the certificate and the evidence.",
  examples: ["stipend releases show 3f9a1c", "stipend releases show 3f9a1c --campaign spring --json"],
  arguments: { release: required("release", "hash of the release, or its beginning", asText) },
  options: { campaign: option("id", "of this campaign", asText) },
  async run(context, { release, campaign }) {
    const { found, published } = await withLog(context, async (log) => ({
      found: await pickRelease(log, release, campaign),
      published: await publishedText(log),
    }));
    const { frontier, certificate } = found.manifest;
    const json = {
      ...releaseJson(found),
      frontier: frontier.rows.map(rowJson),
      certificate,
      evidence: evidenceOf(found),
    };
    context.output.result(json, () => textOf(found, published(found.record)));
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

function textOf(found: ListedRelease, published: string): string {
  const { record, manifest, standing } = found;
  const { certificate, frontier } = manifest;
  const facts: (readonly [string, string | number])[] = [
    ["campaign", record.campaign],
    ["standing", standing],
    ["published", published],
    ["features", manifest.features.features.map(({ name }) => name).join(" ")],
    ["arms", manifest.arms.join(" ")],
    ["segments", manifest.clusters],
    ["solver", certificate.solver],
    ["largest gap", `${(100 * certificate.maxGap).toFixed(3)} % (bound ${(100 * certificate.gapBound).toFixed(3)} %)`],
    ...Object.entries(manifest.summary),
  ];
  const currency = manifest.money?.currency ?? null;
  const unit = currency === null ? 1 : minorPerMajor(currency);
  const money = currency ?? "minor units";
  const rows = frontier.rows.map(({ budgetPerSession, expectedCost, expectedReward, shadowPrice }, index) => [
    index,
    ((SESSIONS / unit) * budgetPerSession).toFixed(2),
    ((SESSIONS / unit) * expectedCost).toFixed(2),
    (SESSIONS * expectedReward).toFixed(2),
    (unit * shadowPrice).toPrecision(4),
  ]);
  return [
    `release ${record.hash}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(22)} ${value}`),
    "",
    "its plans, of 1,000 sessions",
    tableText(
      [
        "budget level",
        `budget, ${money}`,
        `expected spend, ${money}`,
        "expected reward",
        `extra reward per extra ${money}`,
      ],
      rows,
    ),
  ].join("\n");
}
