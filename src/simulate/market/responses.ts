// Responses: what becomes of a decision: whether the user orders and redeems, and when its outcome is sent. Most come within the
// time that the money is held, a few after it, a few twice, and some users decline, which frees the money early.

import type { Decision } from "../../domain/decision/decision.ts";
import { seededRandom } from "../../domain/random.ts";
import type { Outcome } from "../../domain/session/session.ts";
import type { Market, MarketOutcome } from "./market.ts";
import { drawLuck, type Luck } from "../world/world.ts";

/** All that is random about one session, whichever arm it gets. */
export interface ResponseDraw {
  readonly luck: Luck;
  /** From the decision to the outcome. */
  readonly delayMs: number;
  /** The outcome is sent twice. */
  readonly twice: boolean;
  /** Without an order, the user declines the incentive. */
  readonly declines: boolean;
}

/** An outcome to be sent. */
export interface DueOutcome {
  readonly atMs: number;
  readonly outcome: Outcome;
  readonly twice: boolean;
}

/** Share of outcomes that come after the hold's end. */
export const LATE_SHARE = 0.02;
const TWICE_SHARE = 0.01;
const DECLINE_SHARE = 0.02;
const DELAY_MEDIAN_OF_TTL = 0.2;
const DELAY_SIGMA = 0.7;

/** By the session's number: a function of the seed, whatever else is drawn. */
export function drawResponse(seed: number, session: number, ttlMs: number): ResponseDraw {
  const random = seededRandom(`fate/${seed}/${session}`);
  const luck = drawLuck(random);
  const inTime = ttlMs * Math.min(0.95, DELAY_MEDIAN_OF_TTL * Math.exp(DELAY_SIGMA * random.normal()));
  const late = random.unit() < LATE_SHARE;
  return {
    luck,
    delayMs: Math.round(late ? ttlMs * (1.05 + random.unit()) : inTime),
    twice: random.unit() < TWICE_SHARE,
    declines: random.unit() < DECLINE_SHARE,
  };
}

/** What the user did under the decision's arm, and the outcome that will be sent (none, when nothing happened). */
export function respond(
  market: Market,
  user: number,
  decision: Decision,
  draw: ResponseDraw,
): { readonly outcome: MarketOutcome; readonly due: DueOutcome | null } {
  const outcome = market.outcome(user, decision.arm, draw.luck);
  const atMs = decision.decidedAtMs + draw.delayMs;
  const kind = kindOf(outcome, decision, draw);
  if (kind === null) return { outcome, due: null };
  const amount = outcome.redeemedMinor;
  return {
    outcome,
    due: {
      atMs,
      twice: draw.twice,
      outcome: {
        outcomeId: `o-${decision.sessionId}`,
        decisionId: decision.decisionId,
        userId: decision.userId,
        atMs,
        kind,
        amountMinor: typeof amount === "number" && kind === "redeemed" ? BigInt(amount) : null,
        rewards: outcome.rewards,
      },
    },
  };
}

function kindOf(outcome: MarketOutcome, decision: Decision, draw: ResponseDraw): Outcome["kind"] | null {
  if (outcome.redeemedMinor !== null && decision.reservationId !== null) return "redeemed";
  if (Object.keys(outcome.rewards).length > 0) return "converted";
  return draw.declines && decision.reservationId !== null ? "declined" : null;
}
