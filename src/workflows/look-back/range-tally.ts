// Range tally: a campaign's decisions and settlements folded into what a look back shows of a range, in memory that grows with the
// offers given in one partition at most: their ids, sixteen bytes or so each.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { REASONS, type Account, type Decision, type Reason, type Settlement } from "../../domain/decision/decision.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import { IdSet } from "../../evaluate/verify/id-set.ts";
import { PlanTally } from "./plan-tally.ts";

export interface TallyRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AccountTally {
  spent: number;
  reserved: number;
  cameBack: number;
}

export interface OfferTally {
  given: number;
  redeemed: number;
  ended: number;
  spent: number;
}

/** Of the curve of money. */
export const POINTS = 240;

export class RangeTally {
  readonly accounts: Record<Account, AccountTally> = { plan: nothing(), exploration: nothing() };
  readonly offers: OfferTally[];
  readonly plans = new Map<string, PlanTally>();
  readonly #range: TallyRange;
  readonly #campaign: string;
  readonly #manifests: ReadonlyMap<string, ReleaseManifest>;
  /** [bar][reason] */
  readonly #bars: Uint32Array;
  readonly #barMs: number;
  /** Of the plan account: before the range, and in each part of it. */
  readonly #spent = new Float64Array(POINTS + 1);
  readonly #held = new Float64Array(POINTS + 1);
  #given = new IdSet();

  constructor(campaign: Campaign, range: TallyRange, manifests: ReadonlyMap<string, ReleaseManifest>, barMs: number) {
    this.#campaign = campaign.id;
    this.#range = range;
    this.#manifests = manifests;
    this.#barMs = barMs;
    this.#bars = new Uint32Array(Math.ceil((range.toMs - range.fromMs) / barMs) * REASONS.length);
    this.offers = campaign.arms.map(() => ({ given: 0, redeemed: 0, ended: 0, spent: 0 }));
  }

  /** Decisions of a partition come before its settlements. */
  nextPartition(): void {
    this.#given = new IdSet();
  }

  decision(decision: Decision): void {
    const { campaign, decidedAtMs, account, reservationId, reservedMinor, sendMinor } = decision;
    if (campaign !== this.#campaign || decidedAtMs >= this.#range.toMs) return;
    const holds = reservationId !== null && account !== null;
    const [held, sent] = holds ? [Number(reservedMinor - sendMinor), Number(sendMinor)] : [0, 0];
    if (account === "plan") this.#move(decidedAtMs, sent, held);
    if (decidedAtMs < this.#range.fromMs) return;
    this.#count(decision);
    if (!holds) return;
    this.accounts[account].spent += sent;
    this.accounts[account].reserved += held;
    this.#given.add(decision.decisionId);
    const offer = this.offers[decision.arm];
    if (offer === undefined) return;
    offer.given += 1;
    offer.spent += sent;
  }

  settlement({ campaign, decisionId, account, status, amountMinor, releasedMinor, atMs, arm }: Settlement): void {
    if (campaign !== this.#campaign || status === "late") return;
    const [amount, back] = [Number(amountMinor), Number(releasedMinor)];
    if (atMs < this.#range.toMs) {
      if (account === "plan") this.#move(atMs, amount, -(amount + back));
      if (atMs >= this.#range.fromMs) {
        this.accounts[account].spent += amount;
        this.accounts[account].cameBack += back;
      }
    }
    const offer = this.offers[arm];
    if (offer === undefined || !this.#given.has(decisionId)) return;
    offer.spent += amount;
    if (status === "posted") offer.redeemed += 1;
    else offer.ended += 1;
  }

  #count({ reason, release, cluster, planRow, arm, decidedAtMs }: Decision): void {
    const bar = Math.floor((decidedAtMs - this.#range.fromMs) / this.#barMs);
    const at = bar * REASONS.length + REASONS.indexOf(reason);
    this.#bars[at]! += 1;
    const manifest = release === null ? undefined : this.#manifests.get(release);
    if (release === null || manifest === undefined) return;
    const plan = this.plans.get(release) ?? new PlanTally(manifest);
    this.plans.set(release, plan);
    plan.take({ reason, cluster, planRow, arm });
  }

  #move(atMs: number, spent: number, held: number): void {
    const { fromMs, toMs } = this.#range;
    const part = atMs < fromMs ? 0 : 1 + Math.min(POINTS - 1, Math.floor(((atMs - fromMs) / (toMs - fromMs)) * POINTS));
    this.#spent[part]! += spent;
    this.#held[part]! += held;
  }

  /** At the range's beginning and at the end of each part of it: what was spent and held, since what was read began. */
  money(): readonly { readonly atMs: number; readonly spent: number; readonly held: number }[] {
    const { fromMs, toMs } = this.#range;
    let [spent, held] = [0, 0];
    return Array.from({ length: POINTS + 1 }, (_, part) => ({
      atMs: fromMs + ((toMs - fromMs) * part) / POINTS,
      spent: (spent += this.#spent[part]!),
      held: (held += this.#held[part]!),
    }));
  }

  bars(): readonly { readonly bar: number; readonly reason: Reason; readonly sessions: number }[] {
    return [...this.#bars].flatMap((sessions, at) => {
      const reason = REASONS[at % REASONS.length];
      return sessions === 0 || reason === undefined ? [] : [{ bar: Math.floor(at / REASONS.length), reason, sessions }];
    });
  }
}

function nothing(): AccountTally {
  return { spent: 0, reserved: 0, cameBack: 0 };
}
