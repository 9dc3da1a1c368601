// Variants
// Ours with one choice taken away or set otherwise. All are made from one training of the network, so that they differ in
// that choice alone.

import type { ClusterOptions } from "../../src/learn/cluster/cluster.ts";
import type { LearnOptions } from "../../src/learn/train-options.ts";

export interface Variant {
  readonly name: string;
  readonly learn: LearnOptions;
  /** Whose groups people are in: the classifier's, or those that the whole network would put them into. */
  readonly groups: "student" | "teacher";
}

export function variantsOf(learn: LearnOptions): Variant[] {
  const clustered = (name: string, cluster: Partial<ClusterOptions>): Variant => ({
    ...{ name, groups: "student" },
    learn: { ...learn, cluster: { ...learn.cluster, ...cluster } },
  });
  const readOut = (readout: "shrunk" | "measured"): LearnOptions => ({
    ...learn,
    estimate: { ...learn.estimate, readout },
  });
  return [
    { name: "the network's groups, without the classifier", groups: "teacher", learn },
    { name: "values corrected by the log, asked for", groups: "student", learn: readOut("shrunk") },
    { name: "values: the log's raw means", groups: "student", learn: readOut("measured") },
    {
      name: "program on expected values (risk .99)",
      groups: "student",
      learn: { ...learn, plan: { ...learn.plan, risk: 0.99 } },
    },
    clustered("not divided by expected cost", { costLevels: 1 }),
    clustered("K = 10", { candidates: [10] }),
    clustered("K = 100", { candidates: [100] }),
    clustered("groups by decision profile, not refined", { method: "profile" }),
    clustered("groups by the hidden layer, literally", { method: "hidden" }),
  ];
}
