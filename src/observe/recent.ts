// Recent
// How often things happened in the last minutes: counts by the bucket of time that they fell into.

const BUCKET_MS = 10_000;
const BUCKETS = 30;

/** How far back is counted. */
export const RECENT_MS = BUCKET_MS * BUCKETS;

export class Recent {
  readonly #buckets = new Map<number, Map<string, number>>();

  add(key: string, count: number, nowMs: number): void {
    const at = Math.floor(nowMs / BUCKET_MS);
    let bucket = this.#buckets.get(at);
    if (bucket === undefined) {
      bucket = new Map();
      this.#buckets.set(at, bucket);
      for (const old of this.#buckets.keys()) if (old <= at - BUCKETS) this.#buckets.delete(old);
    }
    bucket.set(key, (bucket.get(key) ?? 0) + count);
  }

  /** Totals by key, most first. */
  totals(nowMs: number): ReadonlyMap<string, number> {
    const at = Math.floor(nowMs / BUCKET_MS);
    const totals = new Map<string, number>();
    for (const [bucket, counts] of this.#buckets)
      if (bucket > at - BUCKETS && bucket <= at)
        for (const [key, count] of counts) totals.set(key, (totals.get(key) ?? 0) + count);
    return new Map([...totals].sort(([, a], [, b]) => b - a));
  }
}
