// Learn options
// From what was typed to the options of a training: `--quick` chooses the base, and each option changes its one choice.

import { itemAt } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { ClusterMethod } from "../../learn/cluster/cluster.ts";
import type { Estimator } from "../../learn/estimate/shrink.ts";
import type { NetworkOptions } from "../../learn/represent/network/options.ts";
import type { Learners } from "../../learn/represent/train.ts";
import { LEARN_OPTIONS, QUICK_LEARN_OPTIONS, type LearnOptions } from "../../learn/train-options.ts";

export interface TypedOptions {
  readonly quick: boolean;
  readonly cluster: ClusterMethod | undefined;
  readonly clusters: readonly number[];
  readonly costLevels: number | undefined;
  readonly keep: number | undefined;
  readonly learners: Learners | undefined;
  readonly members: number | undefined;
  readonly epochs: number | undefined;
  readonly trainRows: number | undefined;
  readonly dropout: number | undefined;
  readonly effects: NetworkOptions["effects"] | undefined;
  readonly crosses: boolean;
  readonly plainIntercepts: boolean;
  readonly uncalibrated: boolean;
  readonly estimator: Estimator | undefined;
  readonly importanceRows: number | undefined;
  readonly studentEpochs: number | undefined;
  readonly studentValue: number | undefined;
  readonly budgets: number | undefined;
  readonly risk: number | undefined;
  readonly gap: number | undefined;
}

export function learnOptionsOf(typed: TypedOptions): LearnOptions {
  const base = typed.quick ? QUICK_LEARN_OPTIONS : LEARN_OPTIONS;
  const rises = typed.clusters.every((each, index) => each > (index === 0 ? 0 : itemAt(typed.clusters, index - 1)));
  if (!rises) throw new InvalidInput(`--clusters ${typed.clusters.join(" ")}: name them by rising number`);
  if (typed.learners === "trees" && typed.cluster === "hidden")
    throw new InvalidInput("--cluster hidden: trees alone have no hidden layer; leave out --learners trees");
  return {
    ...base,
    ...given({ learners: typed.learners }),
    ...(typed.uncalibrated ? { calibrates: false } : {}),
    network: {
      ...base.network,
      ...given({
        members: typed.members,
        maxEpochs: typed.epochs,
        dropout: typed.dropout,
        effects: typed.effects,
        maxRows: typed.trainRows,
      }),
      ...(typed.crosses ? { crosses: true } : {}),
      ...(typed.plainIntercepts ? { shrinkIntercepts: false } : {}),
    },
    cluster: {
      ...base.cluster,
      ...given({ method: typed.cluster, keep: typed.keep, costLevels: typed.costLevels }),
      ...(typed.clusters.length === 0 ? {} : { candidates: typed.clusters }),
    },
    student: { ...base.student, ...given({ maxEpochs: typed.studentEpochs }) },
    estimate: { ...base.estimate, ...given({ estimator: typed.estimator }) },
    plan: { ...base.plan, ...given({ budgets: typed.budgets, risk: typed.risk, gapBound: typed.gap }) },
    policy: { ...base.policy, ...given({ importanceRows: typed.importanceRows }) },
    gates: { ...base.gates, ...given({ studentValue: typed.studentValue }) },
  };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not given. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
