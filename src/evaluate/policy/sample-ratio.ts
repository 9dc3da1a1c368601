// Sample ratio
// Whether as many users were held out as the campaign holds out: a draw that is not what it says to be compares other users,
// and no figure of it means anything. Pearson's chi-square with one degree of freedom, told below one in 1,000, as
// experiment platforms have it (Fabijan and others 2019, "Diagnosing sample ratio mismatch").

import { sampleRatio, SAMPLE_RATIO_ALPHA } from "../../domain/sample-ratio.ts";

export interface HoldoutRatio {
  /** Share that the campaign holds out. */
  readonly expected: number;
  readonly heldOutUsers: number;
  readonly users: number;
  /** Of a difference as large or larger, by chance. */
  readonly p: number;
}

/** Where nobody, or everybody, is to be held out, one user who is not of those is a mismatch. */
export function holdoutRatio(heldOutUsers: number, users: number, expected: number): HoldoutRatio {
  const isCertain = expected === 0 || expected === 1;
  const { p } = isCertain
    ? { p: heldOutUsers === users * expected ? 1 : 0 }
    : sampleRatio([heldOutUsers, users - heldOutUsers], [expected, 1 - expected]);
  return { expected, heldOutUsers, users, p };
}

export function isMismatch({ p }: HoldoutRatio): boolean {
  return p < SAMPLE_RATIO_ALPHA;
}
