// The controllers by themselves, on a day of a thousand steps whose sessions cost what they are given, times an error.

import { describe, expect, test } from "vitest";
import { PACING_CONTROLLERS, type PacingController } from "../../../src/domain/campaign/campaign.ts";
import { stepController, type ControllerInput, type ControllerState } from "../../../src/treasury/pace/controllers.ts";

const STEPS = 1_000;
const BUDGET = 1_000_000;

interface Run {
  readonly spent: number;
  readonly distance: number;
  readonly states: readonly ControllerState[];
}

/** `error`: what a session really spends over what the plan expects. `jam`: shares of the day in which nothing can be spent. */
function run(controller: PacingController, error: number, jam: readonly [number, number] = [2, 2]): Run {
  let state: ControllerState | null = null;
  let spent = 0;
  let expectedPerSession = 0;
  let distance = 0;
  const states: ControllerState[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const came = step * 10;
    const input: ControllerInput = {
      nowMs: step,
      periodMs: STEPS,
      budget: BUDGET,
      spent,
      target: (BUDGET * step) / STEPS,
      left: BUDGET - spent,
      leftSessions: STEPS * 10 - came,
      cameSessions: came,
      totalSessions: STEPS * 10,
      expectedPerSession,
    };
    const output = stepController(controller, input, state);
    ({ state, spendPerSession: expectedPerSession } = output);
    const share = step / STEPS;
    const isJammed = share >= jam[0] && share < jam[1];
    spent = Math.min(BUDGET, spent + (isJammed ? 0 : 10 * expectedPerSession * error));
    distance += Math.abs(spent / BUDGET - (step + 1) / STEPS) / STEPS;
    states.push(state);
  }
  return { spent: spent / BUDGET, distance, states };
}

describe.each(PACING_CONTROLLERS)("%s", (controller) => {
  test.each([0.7, 1, 1.2])(
    "spends the budget along its curve though sessions cost %d of what was expected",
    (error) => {
      const { spent, distance } = run(controller, error);
      expect(spent).toBeGreaterThan(0.95);
      expect(distance).toBeLessThan(0.1);
    },
  );

  test("has caught up after an hour in which nothing could be spent, without going far above the curve", () => {
    const { spent, distance } = run(controller, 1, [0.3, 0.35]);
    expect(spent).toBeGreaterThan(0.99);
    expect(distance).toBeLessThan(0.05);
  });
});

test("the integral stays clamped while nothing can be done, and is soon undone", () => {
  const { states, spent } = run("pi", 1, [0.1, 0.4]);
  expect(Math.max(...states.map(({ integral }) => integral))).toBeLessThanOrEqual(0.05);
  expect(Math.max(...states.map(({ factor }) => factor))).toBeLessThanOrEqual(3);
  expect(states.at(-1)?.integral).toBeLessThan(0.05);
  expect(spent).toBeGreaterThan(0.98);
});

test("a few coins at the start are no error: the first step changes little", () => {
  const input: ControllerInput = {
    nowMs: 10,
    periodMs: 1_000,
    budget: BUDGET,
    spent: 1_000,
    target: 100,
    left: BUDGET,
    leftSessions: 9_000,
    cameSessions: 10,
    totalSessions: 10_000,
    expectedPerSession: 100,
  };
  const before: ControllerState = { steppedAtMs: 0, integral: 0, factor: 1, sessions: 0, spentMinor: 0 };
  expect(stepController("pi", input, before).state.factor).toBeGreaterThan(0.95);
});

test("reallocation learns what sessions really cost", () => {
  expect(run("reallocation", 0.7).states.at(-1)?.factor).toBeCloseTo(0.7, 1);
  expect(run("reallocation", 0.7).distance).toBeLessThan(0.03);
});
