// Plan shares: what a release's plan meant for each segment, and what its sessions got, beside each other.

import { itemAt } from "../../domain/assert.ts";
import type { TopLevelSpec } from "vega-lite";
import { heatSpec } from "../page/heat-chart.ts";

/** Of one release: sessions of each cluster by arm, as the plan meant them and as they were given. */
export interface PlanPicture {
  readonly release: string;
  readonly arms: readonly string[];
  readonly sessions: readonly number[];
  /** [cluster][arm], shares of the cluster's sessions. */
  readonly planned: readonly (readonly number[])[];
  readonly given: readonly (readonly number[])[];
}

/** Segments by how far up the ladder their plan is: a picture in which the eye finds a pattern. */
export function shareSpecs({
  arms,
  sessions,
  planned,
  given,
}: PlanPicture): [planned: TopLevelSpec, given: TopLevelSpec] {
  const rank = planned
    .map((shares, cluster) => ({ cluster, dearness: shares.reduce((sum, share, arm) => sum + share * arm, 0) }))
    .filter(({ cluster }) => itemAt(sessions, cluster) > 0)
    .sort((a, b) => a.dearness - b.dearness || a.cluster - b.cluster);
  const heat = (shares: readonly (readonly number[])[]) =>
    heatSpec(
      rank.flatMap(({ cluster }, line) =>
        arms.map((arm, index) => ({ line, arm, amount: itemAt(itemAt(shares, cluster), index) })),
      ),
      { arms, lines: rank.length, most: 1, colour: "accent", format: ".0%", numbered: null },
    );
  return [heat(planned), heat(given)];
}
