// Logged rows
// What a randomised log says of each row, and a policy that is to be judged on it. A policy is judged only where the log
// could have done what it does: the arm that a row got, the probability with which it got that arm, and what came of it.

import { InvalidInput } from "../../domain/campaign/campaign.ts";

export interface LoggedRows {
  readonly n: number;
  readonly arms: number;
  /** Index of the arm given; 0 is the control. */
  readonly arm: ArrayLike<number>;
  /** Of the arm given; in (0, 1]. */
  readonly propensity: ArrayLike<number>;
  readonly reward: ArrayLike<number>;
  /** Minor units. */
  readonly cost: ArrayLike<number>;
  /** Whose row it is, where some come several times: rows of one unit are drawn together. Left out: each row by itself. */
  readonly unit?: ArrayLike<number>;
}

/** What a policy would give. */
export interface Policy {
  readonly name: string;
  /** [n, arms]; each row sums to 1. */
  readonly shares: Float32Array;
}

/** Each row gets this arm. */
export function oneArmForAll(name: string, { n, arms }: Pick<LoggedRows, "n" | "arms">, arm: number): Policy {
  const shares = new Float32Array(n * arms);
  for (let at = arm; at < shares.length; at += arms) shares[at] = 1;
  return { name, shares };
}

export function checkLoggedRows(rows: LoggedRows): void {
  const { n, arms } = rows;
  if (n === 0) throw new InvalidInput("policy value: there are no rows");
  for (let row = 0; row < n; row += 1) {
    const arm = rows.arm[row] ?? -1;
    const propensity = rows.propensity[row] ?? Number.NaN;
    if (!(arm >= 0 && arm < arms)) throw new InvalidInput(`policy value: row ${row}: arm ${arm} is none of ${arms}`);
    if (!(propensity > 0 && propensity <= 1))
      throw new InvalidInput(`policy value: row ${row}: propensity ${propensity} is outside (0, 1]`);
    if (!Number.isFinite(rows.reward[row]) || !Number.isFinite(rows.cost[row]))
      throw new InvalidInput(`policy value: row ${row}: reward or cost is not a finite number`);
  }
}

/** How far from 1 a row's shares may sum: they are single precision, and a plan's are cut into steps. */
const ROUNDING = 1e-4;

export function checkPolicy({ name, shares }: Policy, { n, arms }: LoggedRows): void {
  if (shares.length !== n * arms)
    throw new InvalidInput(`policy ${name}: ${shares.length} shares for ${n} rows of ${arms} arms`);
  for (let row = 0; row < n; row += 1) {
    let sum = 0;
    for (let cell = row * arms; cell < (row + 1) * arms; cell += 1) {
      const share = shares[cell] ?? Number.NaN;
      if (!(share >= 0)) throw new InvalidInput(`policy ${name}: row ${row}: ${share} is no share`);
      sum += share;
    }
    if (Math.abs(sum - 1) > ROUNDING)
      throw new InvalidInput(`policy ${name}: row ${row}: the shares sum to ${sum}, not 1`);
  }
}
