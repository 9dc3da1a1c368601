// Controllers
// What each session to come may be expected to spend, so that the budget follows its curve. A campaign names one of two
// controllers, `reallocation` or `pi`. The hard limit (curve.ts) holds whatever they say.
//
// Invariant: a controller steps at most so often that its last step can be seen in the reports.

import type { PacingController } from "../../domain/campaign/campaign.ts";

/** What a controller measures; amounts are statistics in minor units, not balances. */
export interface ControllerInput {
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
export interface ControllerState {
  readonly steppedAtMs: number;
  readonly integral: number;
  /** Measured over expected, or applied; by controller. */
  readonly factor: number;
  /** Sessions and spend at the last step. */
  readonly sessions: number;
  readonly spentMinor: number;
}

export interface ControllerOutput {
  /** Minor units that each session to come may be expected to spend. */
  readonly spendPerSession: number;
  readonly state: ControllerState;
}

type Controller = (input: ControllerInput, state: ControllerState) => ControllerOutput;

export function stepController(
  controller: PacingController,
  input: ControllerInput,
  state: ControllerState | null,
): ControllerOutput {
  return CONTROLLERS[controller](input, state ?? { ...measuredAt(input), integral: 0, factor: 1 });
}

const CONTROLLERS: Readonly<Record<PacingController, Controller>> = { reallocation, pi };

/** Of `reallocation`, as a share of the period. */
const SLOT_SHARE = 1 / 96;
/** Weight of the newest slot in what is really spent against what was expected. */
const CALIBRATION = 0.3;
const LEAST_MEASURED = 0.25;
const MOST_MEASURED = 4;

/**
 * What is left for each session to come, divided by what the slots before have really spent against what the plan expected
 * of them (smart pacing's reallocation of the residual: Xu et al. 2015).
 */
function reallocation(input: ControllerInput, before: ControllerState): ControllerOutput {
  const state = isDue(input, before, SLOT_SHARE)
    ? { ...measuredAt(input), integral: 0, factor: measured(input, before) }
    : before;
  return { spendPerSession: Math.max(0, input.left) / Math.max(1, input.leftSessions) / state.factor, state };
}

function measured({ cameSessions, spent, expectedPerSession }: ControllerInput, before: ControllerState): number {
  const expected = (cameSessions - before.sessions) * expectedPerSession;
  if (!(expected > 0)) return before.factor;
  const ratio = clamp((spent - before.spentMinor) / expected, LEAST_MEASURED, MOST_MEASURED);
  return clamp(before.factor + CALIBRATION * (ratio - before.factor), LEAST_MEASURED, MOST_MEASURED);
}

/** Of `pi`, as a share of the period: some minutes of a day. */
const STEP_SHARE = 1 / 480;
const PROPORTIONAL = 2;
const INTEGRAL = 10;
/** Of the relative error, summed over shares of the period: what it has wound up while nothing could be done is soon undone. */
const MOST_INTEGRAL = 0.05;
/** The error is relative to at least this share of the budget: at the day's start a few minor units are no error. */
const ERROR_FLOOR = 0.1;
const MOST_FACTOR = 3;

/** A plan for the whole budget, times 1 + proportional + integral of the relative distance from the curve. */
function pi(input: ControllerInput, before: ControllerState): ControllerOutput {
  const state = isDue(input, before, STEP_SHARE) ? corrected(input, before) : before;
  return { spendPerSession: (input.budget / Math.max(1, input.totalSessions)) * state.factor, state };
}

function corrected(input: ControllerInput, before: ControllerState): ControllerState {
  const { target, spent, budget, nowMs, periodMs } = input;
  const error = (target - spent) / Math.max(target, ERROR_FLOOR * budget, 1);
  const passed = clamp((nowMs - before.steppedAtMs) / periodMs, 0, 1);
  const integral = clamp(before.integral + error * passed, -MOST_INTEGRAL, MOST_INTEGRAL);
  const factor = clamp(1 + PROPORTIONAL * error + INTEGRAL * integral, 0, MOST_FACTOR);
  return { ...measuredAt(input), integral, factor };
}

function isDue({ nowMs, periodMs }: ControllerInput, { steppedAtMs }: ControllerState, share: number): boolean {
  return nowMs - steppedAtMs >= share * periodMs;
}

function measuredAt(input: ControllerInput): Pick<ControllerState, "steppedAtMs" | "sessions" | "spentMinor"> {
  return { steppedAtMs: input.nowMs, sessions: input.cameSessions, spentMinor: input.spent };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
