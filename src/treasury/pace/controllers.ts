// Controllers: what each session to come may be expected to spend, so that the budget follows its curve. Four answers to
// one question behind one interface; a campaign names the one that it is paced by, and the hard limit (curve.ts) holds
// whatever they say. `npm run bench:pacing` compares them, and the default is the one that it shows best.
//
//   plan          what is left for each session to come. No memory: an error is spread over all that is left.
//   throttle      a plan for the whole budget with some headroom, of which a share is let through; the share goes a step
//                 down when more is spent than the curve's target, else a step up (Agarwal et al. 2014).
//   reallocation  as `plan`, in slots, divided by what the slots before have really spent against what the plan
//                 expected of them (smart pacing's reallocation of the residual: Xu et al. 2015).
//   pi            a plan for the whole budget, times 1 + proportional + integral of the relative distance from the curve.
//
//   1. The denominator of the relative error has a floor: at the day's start a few coins are no error.
//   2. The integral is clamped: what it has wound up while nothing could be done is soon undone.
//   3. A controller steps at most so often that its last step can be seen in the reports.

import type { PacingController } from "../../domain/campaign.ts";

/** What a controller sees; amounts are statistics in minor units, not balances. */
export interface Sight {
  readonly nowMs: number;
  readonly periodMs: number;
  readonly budget: number;
  /** Posted, and expected of what is held. */
  readonly spent: number;
  /** The curve's now. */
  readonly target: number;
  /** What the curve leaves for the sessions that come next, and these, as far as they reach the plan's draw. */
  readonly left: number;
  readonly leftSessions: number;
  /** Sessions that have reached the plan's draw, and all over which the budget is to be spent. */
  readonly cameSessions: number;
  readonly totalSessions: number;
  /** What the row in force expects of a session, on the clusters that come; 0 before the first. */
  readonly expectedPerSession: number;
}

/** What a controller keeps from one step to the next; each uses what it needs. */
export interface ControlMemory {
  readonly steppedAtMs: number;
  readonly integral: number;
  /** Let through, measured over expected, or applied; by controller. */
  readonly factor: number;
  /** Sessions and spend at the last step. */
  readonly sessions: number;
  readonly spentMinor: number;
}

export interface Control {
  /** Minor units that each session to come may be expected to spend. */
  readonly spendPerSession: number;
  /** Share of incentives let through. */
  readonly throttle: number;
  readonly memory: ControlMemory;
}

type Controller = (sight: Sight, memory: ControlMemory) => Control;

export function steer(controller: PacingController, sight: Sight, memory: ControlMemory | null): Control {
  return CONTROLLERS[controller](sight, memory ?? { ...seenAt(sight), integral: 0, factor: 1 });
}

const CONTROLLERS: Readonly<Record<PacingController, Controller>> = { plan, throttle, reallocation, pi };

/** A step, as a share of the period: some minutes of a day. */
const STEP_SHARE = 1 / 480;
const SLOT_SHARE = 1 / 96;

function plan(sight: Sight, memory: ControlMemory): Control {
  return { spendPerSession: leftPerSession(sight), throttle: 1, memory };
}

const HEADROOM = 1.25;
const THROTTLE_STEP = 0.1;
const LEAST_THROTTLE = 0.05;

function throttle(sight: Sight, memory: ControlMemory): Control {
  const spendPerSession = HEADROOM * wholePerSession(sight);
  if (!isDue(sight, memory, STEP_SHARE)) return { spendPerSession, throttle: memory.factor, memory };
  const step = sight.spent > sight.target ? 1 - THROTTLE_STEP : 1 + THROTTLE_STEP;
  const factor = clamp(memory.factor * step, LEAST_THROTTLE, 1);
  return { spendPerSession, throttle: factor, memory: { ...seenAt(sight), integral: 0, factor } };
}

/** Weight of the newest slot in what is really spent against what was expected. */
const CALIBRATION = 0.3;
const LEAST_MEASURED = 0.25;
const MOST_MEASURED = 4;

function reallocation(sight: Sight, memory: ControlMemory): Control {
  const kept = isDue(sight, memory, SLOT_SHARE)
    ? { ...seenAt(sight), integral: 0, factor: measured(sight, memory) }
    : memory;
  return { spendPerSession: leftPerSession(sight) / kept.factor, throttle: 1, memory: kept };
}

function measured({ cameSessions, spent, expectedPerSession }: Sight, memory: ControlMemory): number {
  const expected = (cameSessions - memory.sessions) * expectedPerSession;
  if (!(expected > 0)) return memory.factor;
  const ratio = clamp((spent - memory.spentMinor) / expected, LEAST_MEASURED, MOST_MEASURED);
  return clamp(memory.factor + CALIBRATION * (ratio - memory.factor), LEAST_MEASURED, MOST_MEASURED);
}

const PROPORTIONAL = 2;
const INTEGRAL = 10;
/** Of the relative error, summed over shares of the period. */
const MOST_INTEGRAL = 0.05;
/** The relative error is at least of this share of the budget. */
const ERROR_FLOOR = 0.1;
const MOST_FACTOR = 3;

function pi(sight: Sight, memory: ControlMemory): Control {
  const kept = isDue(sight, memory, STEP_SHARE) ? corrected(sight, memory) : memory;
  return { spendPerSession: wholePerSession(sight) * kept.factor, throttle: 1, memory: kept };
}

function corrected(sight: Sight, memory: ControlMemory): ControlMemory {
  const { target, spent, budget, nowMs, periodMs } = sight;
  const error = (target - spent) / Math.max(target, ERROR_FLOOR * budget, 1);
  const passed = clamp((nowMs - memory.steppedAtMs) / periodMs, 0, 1);
  const integral = clamp(memory.integral + error * passed, -MOST_INTEGRAL, MOST_INTEGRAL);
  const factor = clamp(1 + PROPORTIONAL * error + INTEGRAL * integral, 0, MOST_FACTOR);
  return { ...seenAt(sight), integral, factor };
}

function isDue({ nowMs, periodMs }: Sight, { steppedAtMs }: ControlMemory, share: number): boolean {
  return nowMs - steppedAtMs >= share * periodMs;
}

function seenAt({ nowMs, cameSessions, spent }: Sight): Pick<ControlMemory, "steppedAtMs" | "sessions" | "spentMinor"> {
  return { steppedAtMs: nowMs, sessions: cameSessions, spentMinor: spent };
}

function leftPerSession({ left, leftSessions }: Sight): number {
  return Math.max(0, left) / Math.max(1, leftSessions);
}

function wholePerSession({ budget, totalSessions }: Sight): number {
  return budget / Math.max(1, totalSessions);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
