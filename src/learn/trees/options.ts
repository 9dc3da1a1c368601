// Options of the boosted trees: every choice of them, with the default that docs/METHOD.md gives its reasons for.

import { InvalidInput } from "../../domain/campaign/campaign.ts";

export interface TreeOptions {
  readonly leaves: number;
  /** Share of a leaf's best value that is added to the answer. */
  readonly rate: number;
  /** Share of the columns that a tree may split, drawn anew for each. */
  readonly columns: number;
  /** Share of the rows that a tree learns from, drawn anew for each. */
  readonly rows: number;
  /** Added to a leaf's hessian: pulls its value towards 0. */
  readonly l2: number;
  /** Rows of a leaf at least; null: 100, and 50 where the log has fewer than 50,000 rows. */
  readonly leafRows: number | null;
  /** Bins of a numeric column at most. */
  readonly bins: number;
  readonly maxRounds: number;
  /** Rounds without a better loss on the rows held back before it stops. */
  readonly patience: number;
}

export const TREE_DEFAULTS: TreeOptions = {
  leaves: 7,
  rate: 0.06,
  columns: 0.5,
  rows: 0.8,
  l2: 20,
  leafRows: null,
  bins: 255,
  maxRounds: 2000,
  patience: 60,
};

/** For tests and for a first look: seconds, at some loss. */
export const QUICK_TREES: Partial<TreeOptions> = { rate: 0.15, bins: 63, maxRounds: 60, patience: 10 };

const SMALL_LOG = 50_000;

export type FullTreeOptions = TreeOptions & { readonly leafRows: number };

/** Defaults filled in and checked; `rows` is the size of the log. */
export function treeOptions(given: Partial<TreeOptions>, rows: number): FullTreeOptions {
  const options = { ...TREE_DEFAULTS, ...given };
  const leafRows = options.leafRows ?? (rows < SMALL_LOG ? 50 : 100);
  const { leaves, bins, maxRounds, patience } = options;
  for (const [name, value] of Object.entries({ leafRows, maxRounds, patience })) whole(name, value, 1, Infinity);
  whole("leaves", leaves, 2, 255);
  whole("bins", bins, 2, 255);
  for (const name of ["rate", "columns", "rows"] as const)
    if (!(options[name] > 0 && options[name] <= 1))
      throw new InvalidInput(`tree option ${name}: more than 0 and at most 1, not ${options[name]}`);
  if (!(options.l2 >= 0)) throw new InvalidInput(`tree option l2: at least 0, not ${options.l2}`);
  return { ...options, leafRows };
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const bound = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  throw new InvalidInput(`tree option ${name}: a whole number of ${bound}, not ${value}`);
}
