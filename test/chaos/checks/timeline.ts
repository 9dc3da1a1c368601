// Timeline
// The money of one account over time, as the topics tell it: granted to each shard, returned by shards, taken by decisions
// and come back from them. Every row carries the time of the cycle that wrote it, and all clocks of a chaos run are one
// machine's. Shares no code with the allocator.
//
// Invariants: of the allocator, checked here.
//   1. Nothing is granted to a shard beyond the budget in force: after a grant, granted − returned is within it. So after a
//      cut below what is out nothing is granted until that has fallen below (src/treasury/SPEC.md, L2).
//   2. No decision takes more than its shard has: taken ≤ granted − returned, at every moment (L1).
//   3. From the acknowledgement that a cut is applied everywhere until another budget, no decision takes a unit above it.

export type Event = { readonly atMs: number } & (
  | { readonly kind: "ended"; readonly shard: number; readonly backMinor: number }
  | { readonly kind: "report"; readonly shard: number; readonly returnedMinor: number }
  | {
      readonly kind: "grant";
      readonly shard: number;
      readonly revision: number;
      readonly budgetMinor: number;
      readonly grantedMinor: number;
    }
  | { readonly kind: "taken"; readonly shard: number; readonly minor: number; readonly id: string }
  | { readonly kind: "applied"; readonly revision: number }
);

export interface Timeline {
  /** Minor units: to shards beyond the budget; by decisions beyond their shard's; by decisions beyond an acknowledged cut. */
  readonly grantedOver: number;
  readonly takenOver: number;
  readonly takenAboveCut: number;
  /** Cuts that were acknowledged while nothing else had come; of these, where more was out than they leave. */
  readonly cuts: number;
  readonly cutsBelowOut: number;
  readonly wrong: readonly string[];
}

/** Of one moment, in the order that is kindest to the allocator: it is not known which came first. */
const RANK: Readonly<Record<Event["kind"], number>> = { ended: 0, report: 1, grant: 2, taken: 3, applied: 4 };

interface Shard {
  grantedMinor: number;
  returnedMinor: number;
  takenMinor: number;
}

export function timelineOf(events: readonly Event[]): Timeline {
  const line = new Line();
  const inOrder = events.toSorted(
    (a, b) => a.atMs - b.atMs || RANK[a.kind] - RANK[b.kind] || revision(a) - revision(b),
  );
  for (const event of inOrder) line.take(event);
  return line.found();
}

function revision(event: Event): number {
  return event.kind === "grant" ? event.revision : 0;
}

class Line {
  readonly #shards = new Map<number, Shard>();
  readonly #wrong: string[] = [];
  #revision = 0;
  #budget = 0;
  #isCut = false;
  #cutIsApplied = false;
  #over = { grantedOver: 0, takenOver: 0, takenAboveCut: 0, cuts: 0, cutsBelowOut: 0 };

  take(event: Event): void {
    switch (event.kind) {
      case "ended":
        this.#shard(event.shard).takenMinor -= event.backMinor;
        return;
      case "report":
        return this.#report(event);
      case "grant":
        return this.#grant(event);
      case "taken":
        return this.#take(event);
      case "applied":
        return this.#applied(event);
    }
  }

  found(): Timeline {
    return { ...this.#over, wrong: this.#wrong };
  }

  #report({ shard, returnedMinor }: Extract<Event, { kind: "report" }>): void {
    const own = this.#shard(shard);
    own.returnedMinor = Math.max(own.returnedMinor, returnedMinor);
  }

  #grant(grant: Extract<Event, { kind: "grant" }>): void {
    const own = this.#shard(grant.shard);
    if (grant.revision > this.#revision) {
      // Other commands leave the budget as it is, and an acknowledged cut in force.
      if (grant.budgetMinor !== this.#budget) {
        this.#isCut = this.#revision > 0 && grant.budgetMinor < this.#budget;
        this.#cutIsApplied = false;
      }
      this.#revision = grant.revision;
      this.#budget = grant.budgetMinor;
    }
    const more = grant.grantedMinor - own.grantedMinor;
    if (more <= 0) return;
    own.grantedMinor = grant.grantedMinor;
    const over = Math.min(more, this.#out() - this.#budget);
    if (over <= 0) return;
    this.#over.grantedOver += over;
    this.#wrong.push(`granted ${over} over budget ${this.#budget} to shard ${grant.shard} at ${grant.atMs}`);
  }

  #take({ shard, minor, id, atMs }: Extract<Event, { kind: "taken" }>): void {
    const own = this.#shard(shard);
    own.takenMinor += minor;
    const overShard = Math.min(minor, own.takenMinor - (own.grantedMinor - own.returnedMinor));
    if (overShard > 0) {
      this.#over.takenOver += overShard;
      this.#wrong.push(`${id} took ${overShard} more than shard ${shard} had at ${atMs}`);
    }
    const overCut = Math.min(minor, this.#sum((each) => each.takenMinor) - this.#budget);
    if (!this.#cutIsApplied || overCut <= 0) return;
    this.#over.takenAboveCut += overCut;
    this.#wrong.push(`${id} took ${overCut} above the cut to ${this.#budget} (revision ${this.#revision}) at ${atMs}`);
  }

  #applied(applied: Extract<Event, { kind: "applied" }>): void {
    if (!this.#isCut || this.#cutIsApplied || applied.revision !== this.#revision) return;
    this.#cutIsApplied = true;
    this.#over.cuts += 1;
    if (this.#out() > this.#budget) this.#over.cutsBelowOut += 1;
  }

  #out(): number {
    return this.#sum(({ grantedMinor, returnedMinor }) => grantedMinor - returnedMinor);
  }

  #sum(of: (shard: Shard) => number): number {
    return [...this.#shards.values()].reduce((sum, shard) => sum + of(shard), 0);
  }

  #shard(number: number): Shard {
    const known = this.#shards.get(number);
    if (known !== undefined) return known;
    const fresh = { grantedMinor: 0, returnedMinor: 0, takenMinor: 0 };
    this.#shards.set(number, fresh);
    return fresh;
  }
}
