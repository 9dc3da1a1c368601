// Batch size
// How many records a live task's next cycle may take. A cycle costs a transaction whatever is in it, so larger ones are
// cheaper a record; but every record waits for the whole cycle. So it takes as many as fit into the time that a cycle may take.

export interface BatchRule {
  /** How long a cycle may take. */
  readonly targetMs: number;
  readonly min: number;
  readonly max: number;
}

/** What a cycle took in, and how long it was, from after its poll to the end of its apply. */
export interface CycleTook {
  readonly records: number;
  readonly tookMs: number;
}

/**
 * A cycle that took longer than the target makes the next one smaller in proportion, by half at the most. One that was full and
 * took less than half the target makes it half as large again. Anything else leaves it: what sets the size of an ordinary cycle
 * is how much has come during the one before, and the limit is for when more comes than can be done.
 */
export function nextBatchSize(size: number, { records, tookMs }: CycleTook, { targetMs, min, max }: BatchRule): number {
  if (tookMs > targetMs) return Math.max(min, Math.floor(size * Math.max(0.5, targetMs / tookMs)));
  if (records >= size && tookMs < targetMs / 2) return Math.min(max, Math.ceil(size * 1.5));
  return size;
}

/** The size as cycles go by, from a first one on; each cycle counts once. */
export class BatchSize {
  readonly #rule: BatchRule;
  #size: number;
  #counted: CycleTook | null = null;

  constructor(first: number, rule: BatchRule) {
    this.#rule = { ...rule, min: Math.min(rule.min, rule.max) };
    this.#size = Math.min(first, rule.max);
  }

  after(cycle: CycleTook | null): number {
    if (cycle !== null && cycle !== this.#counted) this.#size = nextBatchSize(this.#size, cycle, this.#rule);
    this.#counted = cycle;
    return this.#size;
  }
}
