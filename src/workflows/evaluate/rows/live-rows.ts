// Live rows
// What a campaign's own log says: the training log's rows, whose arm was drawn with recorded chances, into sums like those
// of a table; and decisions with their outcomes against the users held out. Rows go through one at a time.

import { itemAt, must } from "../../../domain/assert.ts";
import type { Campaign } from "../../../domain/campaign/campaign.ts";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { compileRowEncoder } from "../../../domain/session/features.ts";
import type { TrainingRow } from "../../../domain/decision/training-row.ts";
import { lotOf, LOTS } from "../../../evaluate/policy/bootstrap.ts";
import { addWeighted, countRow, CONTROL, emptySums, type PolicySums } from "../../../evaluate/policy/policy-value.ts";
import type { EventLog } from "../../../log/event-log.ts";
import { trainingRows } from "../../../retrain/training-rows.ts";
import { rewardOf } from "../../../serve/settle/reward.ts";
import type { Progress } from "../../../terminal/progress.ts";
import { checkArms } from "./fit.ts";
import type { OpenRelease } from "../open-releases.ts";
import type { RowBlock } from "./row-block.ts";
import { addClassified, addRows, emptyRowSums, type RowSums, type RowSampling } from "./row-sums.ts";
import { FEWEST_ROWS } from "./table-rows.ts";

/** The seed is also that of the lots of users. */
export interface LiveOptions extends RowSampling {
  readonly log: EventLog;
  readonly campaign: Campaign;
  readonly progress: Progress;
}

export interface LiveSums extends RowSums {
  readonly rows: number;
  /** What was served: one policy, the recorded chances themselves. */
  readonly served: PolicySums;
  readonly leftOut: { heldOut: number; notDrawn: number; undecodable: number; erased: number };
  /** Of each release, by feature: rows in which it was missing and took its default. */
  readonly missing: readonly number[];
}

const BATCH_ROWS = 4_096;

export async function sumLive(releases: readonly OpenRelease[], options: LiveOptions): Promise<LiveSums> {
  const { log, campaign, progress } = options;
  const arms = campaign.arms.map(({ id }) => id);
  for (const { label, release } of releases) checkArms(label, release.manifest, arms, `campaign ${campaign.id}`);
  const collected = new Collected(releases, options);
  for await (const row of trainingRows(log, (done) => progress.report("reading", done, "training-log")))
    await collected.see(row);
  return await collected.end();
}

class Collected {
  readonly #releases: readonly OpenRelease[];
  readonly #options: LiveOptions;
  readonly #sums: RowSums;
  readonly #served = emptySums([CONTROL, "as served"], LOTS);
  readonly #leftOut = { heldOut: 0, notDrawn: 0, undecodable: 0, erased: 0 };
  readonly #missing: number[];
  #batch: TrainingRow[] = [];
  #rows = 0;

  constructor(releases: readonly OpenRelease[], options: LiveOptions) {
    this.#releases = releases;
    this.#options = options;
    this.#sums = emptyRowSums(releases, options.campaign.arms.length, options);
    this.#missing = releases.map(() => 0);
  }

  async see(row: TrainingRow | "undecodable" | "erased"): Promise<void> {
    if (typeof row === "string") this.#leftOut[row] += 1;
    if (typeof row === "string" || row.campaign !== this.#options.campaign.id) return;
    const chance = itemAt(row.propensities, row.arm);
    if (row.holdout) this.#leftOut.heldOut += 1;
    else if (!(chance > 0 && chance <= 1)) this.#leftOut.notDrawn += 1;
    else this.#batch.push(row);
    if (this.#batch.length >= BATCH_ROWS) await this.#flush();
  }

  async end(): Promise<LiveSums> {
    await this.#flush();
    const rows = this.#rows;
    if (rows < FEWEST_ROWS)
      throw new InvalidInput(
        `campaign ${this.#options.campaign.id}: ${rows} rows of the training log had their arm drawn, too few to judge by ` +
          `(${FEWEST_ROWS} at least); a row is written when its outcome window has ended`,
      );
    return { ...this.#sums, rows, served: this.#served, leftOut: this.#leftOut, missing: this.#missing };
  }

  async #flush(): Promise<void> {
    const rows = this.#batch;
    this.#batch = [];
    if (rows.length === 0) return;
    const { campaign, seed } = this.#options;
    const flat: RowBlock = {
      n: rows.length,
      lot: rows.map(({ userId }) => lotOf(userId, seed, LOTS)),
      arm: rows.map(({ arm }) => arm),
      propensity: rows.map(({ propensities, arm }) => must(propensities[arm], "the arm's chance")),
      reward: rows.map(({ rewards }) => rewardOf(campaign.rewardWeights, rewards)),
      cost: rows.map(({ costMinor }) => Number(costMinor)),
    };
    addRows(this.#sums.everybody, flat, null);
    this.#serve(flat);
    for (const [index, open] of this.#releases.entries())
      await addClassified(this.#sums, index, open, flat, this.#encode(open, index, rows));
    this.#rows += rows.length;
  }

  /** Share / propensity of what was served is 1: the share is the propensity. */
  #serve({ n, lot, reward, cost }: RowBlock): void {
    for (let row = 0; row < n; row += 1) {
      const at = must(lot[row], "lot");
      countRow(this.#served, at);
      addWeighted(this.#served, at, 1, 1, must(reward[row], "reward"), must(cost[row], "cost"));
    }
  }

  #encode({ release }: OpenRelease, index: number, rows: readonly TrainingRow[]): Float32Array {
    const encoder = compileRowEncoder(release.manifest.features);
    const x = new Float32Array(rows.length * encoder.width);
    rows.forEach(({ attributes }, row) => {
      this.#missing[index]! += encoder.encode(attributes, x, row * encoder.width);
    });
    return x;
  }
}
