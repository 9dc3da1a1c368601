// Risk: how far beyond its budget a campaign's holds may go under the reservation policy `expected`, worked out anew from
// src/treasury/SPEC.md and from what the shards have reported. The treasurer, who also asks the release, may lend less and
// never more.

import type { Campaign } from "../../../../src/domain/campaign/campaign.ts";

/** The plan account, by the reports taken so far. */
export interface Seen {
  /** Of the latest report; the treasurer's own time before the first. */
  readonly atMs: number;
  readonly reserved: number;
  readonly settled: number;
  readonly released: number;
}

const STATED = 0.01;
const BOUNDS = 4;

/** What one campaign's treasurer has seen, review by review. */
export class Lending {
  #marks: Seen[] = [];
  #now: Seen | null = null;
  #early: Seen | null = null;

  review(campaign: Campaign, seen: Seen): void {
    const part = (31 / 32) * (campaign.reservation.ttlMs / 8);
    const isFirst = this.#now === null;
    this.#now = seen;
    const last = this.#marks.at(-1);
    if (last === undefined || Math.floor(seen.atMs / part) > Math.floor(last.atMs / part)) this.#marks.push(seen);
    const shortest = Math.min(
      ...campaign.arms.filter((arm) => arm.faceMinor > 0n).map((arm) => arm.validMs ?? campaign.reservation.ttlMs),
    );
    const empty = this.#marks.filter((mark) => mark.reserved === 0).at(-1);
    if (isFirst ? seen.reserved === 0 : empty !== undefined && seen.atMs < empty.atMs + shortest) this.#early = seen;
  }

  mostOverbooked(campaign: Campaign): number {
    const last = this.#marks.at(-1);
    const now = this.#now;
    if (last === undefined || now === null) return 0;
    const since = last.atMs - (63 / 64) * campaign.reservation.ttlMs;
    const first = this.#marks.find((mark) => mark.atMs >= since) ?? last;
    const face = Math.max(...campaign.arms.map((arm) => Number(arm.faceMinor)));
    const held = heldOf(now);
    const [old, young] = [first.reserved, now.reserved - first.reserved];
    const youngEnded = last.reserved - old - heldOf(last);
    if (old === 0 || held === 0 || youngEnded < 0) return 0;
    const looks = Math.max(1, (campaign.endMs - campaign.startMs) / ((31 / 32) * (campaign.reservation.ttlMs / 8)));
    const log = Math.log((BOUNDS * looks) / (campaign.reservation.risk ?? STATED));
    const spent = youngEnded * (1 - mostReleasedEarly(this.#early, face, log));
    const share = Math.min(1, Math.max(0, last.settled - spent) / old);
    const margin = face * widest({ young: young / face, old: old / face, share, log });
    const comes = share * young - spent - (now.settled - last.settled) + margin;
    return Math.max(0, held - Math.max(0, comes));
  }
}

function heldOf({ reserved, settled, released }: Seen): number {
  return reserved - settled - released;
}

function mostReleasedEarly(early: Seen | null, face: number, log: number): number {
  const ended = early === null ? 0 : early.settled + early.released;
  return early === null || ended === 0 ? 1 : highest(early.released / ended, ended / face, log);
}

/** The largest probability under which so small a share is not rarer than exp(−log): Chernoff and Hoeffding. */
function highest(share: number, count: number, log: number): number {
  const rarity = (p: number): number =>
    count * ((share > 0 ? share * Math.log(share / p) : 0) + (1 - share) * Math.log((1 - share) / (1 - p)));
  let p = share;
  for (let step = 0.5; step > 1e-10; step /= 2) if (p + step < 1 && rarity(p + step) <= log) p += step;
  return p;
}

/** By trying: log of the moments of binomials, at tilts that grow by a hundredth; the least of them, and a little less. */
function widest(of: {
  readonly young: number;
  readonly old: number;
  readonly share: number;
  readonly log: number;
}): number {
  const { young, old, share, log } = of;
  const top = Math.min(1, highest(share, old, log));
  const moment = (u: number, q: number): number => Math.log(1 - q + q * Math.exp(u)) - q * u;
  const margins = [share, Math.min(Math.max(share, 0.5), top), top].map((q) => {
    let narrowest = Infinity;
    for (let u = 1e-4; u < 30; u *= 1.01)
      narrowest = Math.min(narrowest, (log + young * moment(u, q) + old * moment((-u * young) / old, q)) / u);
    return narrowest;
  });
  return 0.999 * Math.max(...margins);
}
