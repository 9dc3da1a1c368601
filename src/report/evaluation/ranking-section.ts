// Ranking section: how well a release ranks users for each offer by itself: its uplift curve with the line of random targeting,
// and the figures that follow from it.

import type { TopLevelSpec } from "vega-lite";
import { drawChart } from "../page/chart.ts";
import { percent, short, type Ranged } from "../../domain/figures.ts";
import { pair, picture, table, type Html, type Section } from "../page/page.ts";
import { colour } from "../page/palette.ts";
import type { EvaluationReport } from "./evaluation-figures.ts";

type RankingFigures = Pick<EvaluationReport, "ranking" | "reward" | "confidence">;

/** Of the offers in the table, those that are drawn. */
const DRAWN = 12;
const BY_CHANCE = "users at random";

/** Whose rankings they are is told where there are several. */
export async function rankingSection(report: RankingFigures, colours: ReadonlyMap<string, string>): Promise<Section> {
  const { ranking, reward, confidence } = report;
  const offers = [...new Set(ranking.filter(({ curve }) => curve.length > 0).map(({ arm }) => arm))];
  const pictures: Html[] = [];
  for (const offer of offers.slice(0, DRAWN))
    pictures.push(
      picture(
        await drawChart(() => curveSpec(report, offer, colours), "half"),
        `${offer}: ${reward} that 1,000 users bring more, by the share of them who get it, the most promising first, with its ` +
          `${percent(confidence, 0)} band; dashed: the same share at random`,
      ),
    );
  return {
    title: "How well users are ranked, offer by offer",
    caption:
      "Each offer against none by itself. Qini: the area between the curve and the line of random targeting, per 1,000 users; " +
      "chance has zero. AUCC: the area under incremental reward over incremental cost, in parts of the " +
      "rectangle to its end; chance has one half. Neither says which offer a user should get: they do not rank policies." +
      (offers.length > DRAWN ? ` The first ${DRAWN} of ${offers.length} offers are drawn.` : ""),
    body: [
      ...(pictures.length === 0 ? [] : [pair(...pictures)]),
      table(
        [
          { title: "Release" },
          { title: "Offer" },
          { title: "AUCC", number: true },
          { title: `Qini, ${reward}`, number: true },
        ],
        ranking.map(({ release, arm, aucc, qini }) => [
          release,
          arm,
          aucc === null ? "–" : ranged(aucc, 1),
          qini === null ? "–" : ranged(qini, 1_000),
        ]),
      ),
    ],
  };
}

function curveSpec(
  { ranking, reward }: RankingFigures,
  offer: string,
  colours: ReadonlyMap<string, string>,
): TopLevelSpec {
  const drawn = ranking.filter(({ arm, curve }) => arm === offer && curve.length > 0);
  const names = drawn.map(({ release }) => release);
  const values = drawn.flatMap(({ release, curve }) =>
    curve.map(({ share, value, low, high }) => ({
      ...{ release, share, value: 1_000 * value, low: 1_000 * low, high: 1_000 * high },
    })),
  );
  // What giving it to all brings owes nothing to how users are ranked: it is the same for each release.
  const end = 1_000 * (drawn[0]?.curve.at(-1)?.value ?? 0);
  const x = {
    field: "share",
    type: "quantitative" as const,
    scale: { domain: [0, 1], nice: false },
    axis: { title: "share of users who get it", format: ".0%", grid: false, values: [0, 0.25, 0.5, 0.75, 1] },
  };
  const y = { type: "quantitative" as const, axis: { title: `added ${reward}`, tickCount: 5 } };
  const color = {
    field: "release",
    type: "nominal" as const,
    scale: {
      domain: [...names, BY_CHANCE],
      range: [...names.map((name) => colours.get(name) ?? colour("accent")), colour("edge")],
    },
    legend: { title: null },
  };
  return {
    height: 200,
    layer: [
      {
        data: { values },
        mark: { type: "area", opacity: 0.15 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        data: {
          values: [
            { release: BY_CHANCE, share: 0, value: 0 },
            { release: BY_CHANCE, share: 1, value: end },
          ],
        },
        mark: { type: "line", strokeDash: [5, 4] },
        encoding: { x, y: { ...y, field: "value" }, color },
      },
      { data: { values }, mark: { type: "line" }, encoding: { x, y: { ...y, field: "value" }, color } },
    ],
  };
}

function ranged({ value, low, high }: Ranged, unit: number): string {
  return `${short(unit * value)} (${short(unit * low)} to ${short(unit * high)})`;
}
