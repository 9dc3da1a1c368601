// Variants
// Ours with one choice taken away or set otherwise. Those of one training differ in that choice alone; the others need a
// training of their own.

import type { ClusterOptions } from "../../src/learn/cluster/cluster.ts";
import type { NetworkOptions } from "../../src/learn/represent/network/options.ts";
import type { LearnOptions } from "../../src/learn/train-options.ts";
import type { Space } from "./releases.ts";

export interface Variant {
  readonly name: string;
  readonly learn: LearnOptions;
  /** Whose groups people are in: the classifier's, or those that the whole network would put them into. */
  readonly groups: "student" | "teacher";
  /** What `hidden` clusters by distance. */
  readonly space?: Space;
}

const SIZES = [5, 10, 20, 50, 100, 200];

export function variantsOf(learn: LearnOptions): Variant[] {
  const clustered = (name: string, cluster: Partial<ClusterOptions>, space?: Space): Variant => ({
    ...{ name, groups: "student", ...(space === undefined ? {} : { space }) },
    learn: { ...learn, cluster: { ...learn.cluster, ...cluster } },
  });
  const withEstimator = (estimator: "shrunk" | "measured" | "model"): LearnOptions => ({
    ...learn,
    estimate: { ...learn.estimate, estimator },
  });
  return [
    { name: "the network's groups, without the classifier", groups: "teacher", learn },
    { name: "values: the network's alone", groups: "student", learn: withEstimator("model") },
    { name: "values corrected by the log, asked for", groups: "student", learn: withEstimator("shrunk") },
    { name: "values: the log's raw means", groups: "student", learn: withEstimator("measured") },
    {
      name: "program on expected values (risk .99)",
      groups: "student",
      learn: { ...learn, plan: { ...learn.plan, risk: 0.99 } },
    },
    clustered("not divided by expected cost", { costLevels: 1 }),
    ...SIZES.map((size) => clustered(`K = ${size}`, { candidates: [size] })),
    clustered("groups by decision profile, not refined", { method: "profile" }),
    clustered("groups by the hidden layer, literally", { method: "hidden" }),
    clustered("groups by predicted effects, standardised", { method: "hidden" }, "effects"),
    clustered("groups by the raw features, standardised", { method: "hidden" }, "features"),
  ];
}

const MEMBERS = [1, 2, 4];

/** Each from a training of its own. */
export function trainingsOf(learn: LearnOptions): Variant[] {
  const trained = (name: string, network: Partial<NetworkOptions>): Variant => ({
    ...{ name, groups: "student" },
    learn: { ...learn, network: { ...learn.network, ...network } },
  });
  const learnedBy = (name: string, learners: LearnOptions["learners"]): Variant => ({
    ...{ name, groups: "student" },
    learn: { ...learn, learners },
  });
  return [
    ...[
      learnedBy("learners: the network alone", "network"),
      learnedBy("learners: boosted trees alone", "trees"),
      learnedBy("learners: network and boosted trees", "both"),
    ].filter((each) => each.learn.learners !== learn.learners),
    ...MEMBERS.map((members) => trained(`${4 * members} members, ${members} over each trunk`, { members })),
    trained("every other trunk sees products of pairs of features", { crosses: true }),
    trained("arms' intercepts as measured, not shrunk", { shrinkIntercepts: false }),
    trained("ordered arms do not lend each other strength", { effects: "nominal" }),
    { name: "effects as foretold, not calibrated", groups: "student", learn: { ...learn, calibrates: false } },
  ];
}
