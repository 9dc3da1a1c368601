// Releases
// From one trained network to what would be served: groups, classifier, values, plan, by the product's own steps. Releases
// with the same groups share them, so that ours with another estimator or another plan costs seconds.

import { sharesAt } from "../../src/domain/release/frontier.ts";
import { estimateGroups, groupRows, type Grouping } from "../../src/learn/cluster/grouping.ts";
import type { SumsInput } from "../../src/learn/estimate/sums.ts";
import type { Dataset, Representation } from "../../src/learn/nouns.ts";
import { solvePlans } from "../../src/learn/plan/plan.ts";
import { seenWith } from "../../src/learn/represent/out-of-fold.ts";
import type { LearnOptions } from "../../src/learn/train-options.ts";
import type { GroupPlan } from "./scorer.ts";
import type { Variant } from "./variants.ts";

export interface Made {
  readonly classes: SumsInput["classes"];
  readonly plan: GroupPlan;
}

/** Positions between two rows of the frontier that are looked at. */
const BETWEEN = 10;
const MINOR = 100;

export class Releases {
  readonly #dataset: Dataset;
  readonly #representation: Representation;
  readonly #seed: number;
  readonly #groupings = new Map<string, Promise<Grouping>>();

  constructor(dataset: Dataset, representation: Representation, seed: number) {
    this.#dataset = dataset;
    this.#representation = representation;
    this.#seed = seed;
  }

  async make({ learn, groups, space = "network" }: Omit<Variant, "name">): Promise<Made> {
    const [dataset, seed] = [this.#dataset, this.#seed];
    const representation = seenAs(this.#representation, space);
    const { clustering, student } = await this.#grouping(learn, space);
    const teacher: SumsInput["classes"] = (x, n) =>
      clustering.assign(seenWith(representation, clustering, { x, n }, representation.effects(x, n)));
    const classes: SumsInput["classes"] = groups === "teacher" ? teacher : (x, n) => student.classes(x, n);
    const of = { clustering, student: { classes } };
    const estimated = await estimateGroups(dataset, representation, of, learn.estimate, quiet);
    const options = { sessions: dataset.rows, options: learn.plan, seed, progress: quiet };
    const { frontier } = await solvePlans({ ...estimated, ...options });
    const { values } = estimated;
    const positions = Array.from({ length: (frontier.rows.length - 1) * BETWEEN + 1 }, (_, at) => at / BETWEEN);
    const steps = positions.map((position) => values.mix.map((_, cluster) => sharesAt(frontier, position, cluster)));
    const cost = values.cost.map((row) => row.map((each) => each / MINOR));
    return { classes, plan: { steps, cost, reward: values.reward } };
  }

  async #grouping({ cluster, student, sample }: LearnOptions, space: Space): Promise<Grouping> {
    const key = JSON.stringify([cluster, student, sample, space]);
    const known = this.#groupings.get(key);
    if (known !== undefined) return await known;
    const [dataset, representation, seed] = [this.#dataset, seenAs(this.#representation, space), this.#seed];
    const made = groupRows({ dataset, representation, cluster, student, sample, seed, progress: quiet });
    this.#groupings.set(key, made);
    return await made;
  }

  /** Frees the classifiers; the network is its maker's. */
  async dispose(): Promise<void> {
    for (const made of this.#groupings.values()) (await made).student.dispose();
  }
}

/** In place of the hidden layer's output, where the clusters are by distance: the features as they are, or what is predicted. */
export type Space = "network" | "features" | "effects";

function seenAs(representation: Representation, space: Space): Representation {
  if (space === "network") return representation;
  const hidden =
    space === "features" ? (x: Float32Array) => x : (x: Float32Array, n: number) => told(representation, x, n);
  return {
    arms: representation.arms,
    hiddenWidth: representation.hiddenWidth,
    hidden,
    effects: (x, n) => representation.effects(x, n),
    effectsWithout: (fold, x, n) => representation.effectsWithout(fold, x, n),
    curves: representation.curves,
    bestEpochs: representation.bestEpochs,
    treeRounds: representation.treeRounds,
    treesWeight: representation.treesWeight,
    calibration: representation.calibration,
    dispose: () => representation.dispose(),
  };
}

/** Gains over the control and costs of the other arms. */
function told(representation: Representation, x: Float32Array, n: number): Float32Array {
  const { reward, cost } = representation.effects(x, n);
  const { arms } = representation;
  const width = 2 * (arms - 1);
  const out = new Float32Array(n * width);
  for (let row = 0; row < n; row += 1)
    for (let arm = 1; arm < arms; arm += 1) {
      out[row * width + arm - 1] = reward[row * arms + arm]! - reward[row * arms]!;
      out[row * width + arms - 2 + arm] = cost[row * arms + arm]!;
    }
  return out;
}

function quiet(): undefined {
  return undefined;
}
