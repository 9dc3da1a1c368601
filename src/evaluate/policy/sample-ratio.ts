// Sample ratio
// Whether as many users were held out as the campaign holds out: a draw that is not what it says to be compares other users,
// and no figure of it means anything. Pearson's chi-square with one degree of freedom, told below one in 1,000, as
// experiment platforms have it (Fabijan and others 2019, "Diagnosing sample ratio mismatch").

export interface HoldoutRatio {
  /** Share that the campaign holds out. */
  readonly expected: number;
  readonly heldOutUsers: number;
  readonly users: number;
  /** Of a difference as large or larger, by chance. */
  readonly p: number;
}

const TOLD_BELOW = 0.001;

export function sampleRatio(heldOutUsers: number, users: number, expected: number): HoldoutRatio {
  const mean = users * expected;
  const variance = mean * (1 - expected);
  const z = variance > 0 ? Math.abs(heldOutUsers - mean) / Math.sqrt(variance) : heldOutUsers === mean ? 0 : Infinity;
  return { expected, heldOutUsers, users, p: bothTails(z) };
}

export function isMismatch({ p }: HoldoutRatio): boolean {
  return p < TOLD_BELOW;
}

/** Of a standard normal beyond ±z (Numerical Recipes' erfc, to 1.2e-7 of itself). */
function bothTails(z: number): number {
  if (z === Infinity) return 0;
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const terms = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  ];
  const series = terms.reduce((sum, term) => sum * t + term, 0);
  return t * Math.exp(-x * x - 1.26551223 + t * series);
}
