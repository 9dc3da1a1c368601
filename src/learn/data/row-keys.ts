// Row keys
// Seeded hashes of a row's number, as SQL: folds and samples depend on them and on nothing else, so neither block size,
// memory nor threads can move a row. Arithmetic of our own, since a database's hash() may change with its version.

const WORD = 4294967296;

/**
 * The table with further columns: `row` (its number in file order), and for each name of `seeds` a hash, uniform in
 * 0 … 2³² − 1: murmur3's finaliser over (row × golden ratio + seed), twice. The twin in TypeScript is `rowHash`.
 */
export function hashedRows(table: string, seeds: Readonly<Record<string, number>>): string {
  const mask = `${WORD - 1}::UBIGINT`;
  let source = `SELECT *, rowid::UBIGINT AS row FROM ${table}`;
  for (const [name, seed] of Object.entries(seeds)) {
    const steps = [
      `(row * 2654435761 + ${seed}) & ${mask}`,
      "xor(_, _ >> 16)",
      `(_ * 2246822507) & ${mask}`,
      "xor(_, _ >> 13)",
      `(_ * 3266489909) & ${mask}`,
      "xor(_, _ >> 16)",
      // Twice, since neighbouring numbers differ in few bits.
      `(xor(_, ${seed}::UBIGINT) * 2246822507) & ${mask}`,
      "xor(_, _ >> 15)",
    ];
    steps.forEach((step, index) => {
      const column = index === steps.length - 1 ? name : `${name}_${index}`;
      source = `SELECT *, ${step.replaceAll("_", `${name}_${index - 1}`)} AS ${column} FROM (${source})`;
    });
  }
  return `(${source})`;
}

export function rowHash(row: number, seed: number): number {
  let h = (Math.imul(row, 0x9e3779b1) + seed) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  h = (h ^ (h >>> 16)) >>> 0;
  h = Math.imul(h ^ seed, 0x85ebca6b) >>> 0;
  return (h ^ (h >>> 15)) >>> 0;
}

/** Rows whose hash is in the range of a share: from ≤ hash / 2³² < below. */
export function hashRange(hash: string, from: number, below: number): string {
  return `${hash} >= ${Math.round(from * WORD)} AND ${hash} < ${Math.round(below * WORD)}`;
}

/** Which of a log's rows are looked at: all of them, those that a release may learn from, or those it is then judged on. */
export const PARTS = ["all", "train", "test"] as const;
export type LogPart = (typeof PARTS)[number];

const TEST_SHARE = 0.2;
/** The same for everybody and for ever, so that a log has one test part, whoever asks and by which seed. */
const PART_SEED = 0x5eed;

/** The rows that are not of the part, as SQL; null where all are. */
export function outsidePart(table: string, part: LogPart): string | null {
  if (part === "all") return null;
  const outside = part === "train" ? hashRange("part", 0, TEST_SHARE) : hashRange("part", TEST_SHARE, 1);
  return `SELECT row FROM ${hashedRows(table, { part: PART_SEED })} WHERE ${outside}`;
}

/** The fold of a row by its hash, one of 0 … folds − 1. */
export function foldOf(hash: string, folds: number): string {
  return `CAST((${hash} * ${folds}) >> 32 AS UTINYINT)`;
}
