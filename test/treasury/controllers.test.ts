// The controllers by themselves, on a day of a thousand steps whose sessions cost what they are given, times an error.

import { describe, expect, test } from "vitest";
import { PACING_CONTROLLERS, type PacingController } from "../../src/domain/campaign.ts";
import { steer, type ControlMemory, type Sight } from "../../src/treasury/pace/controllers.ts";

const STEPS = 1_000;
const BUDGET = 1_000_000;

interface Run {
  readonly spent: number;
  readonly distance: number;
  readonly throttles: readonly number[];
  readonly memories: readonly ControlMemory[];
}

/** `error`: what a session really spends over what the plan expects. `jam`: shares of the day in which nothing can be spent. */
function run(controller: PacingController, error: number, jam: readonly [number, number] = [2, 2]): Run {
  let memory: ControlMemory | null = null;
  let spent = 0;
  let expectedPerSession = 0;
  let distance = 0;
  const throttles: number[] = [];
  const memories: ControlMemory[] = [];
  for (let step = 0; step < STEPS; step += 1) {
    const came = step * 10;
    const sight: Sight = {
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
    const control = steer(controller, sight, memory);
    ({ memory } = control);
    expectedPerSession = control.spendPerSession * control.throttle;
    const share = step / STEPS;
    const isJammed = share >= jam[0] && share < jam[1];
    spent = Math.min(BUDGET, spent + (isJammed ? 0 : 10 * expectedPerSession * error));
    distance += Math.abs(spent / BUDGET - (step + 1) / STEPS) / STEPS;
    throttles.push(control.throttle);
    memories.push(memory);
  }
  return { spent: spent / BUDGET, distance, throttles, memories };
}

describe.each(PACING_CONTROLLERS)("%s", (controller) => {
  test.each([0.7, 1, 1.2])(
    "spends the budget along its curve though sessions cost %d of what was expected",
    (error) => {
      const { spent, distance } = run(controller, error);
      // A throttle cannot let through more than the headroom of its plan.
      expect(spent).toBeGreaterThan(controller === "throttle" ? Math.min(0.95, 1.24 * error) : 0.95);
      expect(distance).toBeLessThan(0.1);
    },
  );

  test("has caught up after an hour in which nothing could be spent, without going far above the curve", () => {
    const { spent, distance } = run(controller, 1, [0.3, 0.35]);
    expect(spent).toBeGreaterThan(controller === "throttle" ? 0.97 : 0.99);
    expect(distance).toBeLessThan(0.05);
  });
});

test("the throttle goes a step at a time, and never above everything or below a twentieth", () => {
  const { throttles } = run("throttle", 3);
  expect(Math.min(...throttles)).toBeGreaterThanOrEqual(0.05);
  expect(Math.max(...throttles)).toBeLessThanOrEqual(1);
  throttles.slice(1).forEach((each, index) => expect(Math.abs(each / (throttles[index] ?? 1) - 1)).toBeLessThan(0.12));
  expect(throttles.some((each) => each < 0.5)).toBe(true);
});

test("only the throttle lets less than everything through", () => {
  for (const controller of PACING_CONTROLLERS.filter((name) => name !== "throttle"))
    expect(new Set(run(controller, 1.2).throttles)).toEqual(new Set([1]));
});

test("the integral stays clamped while nothing can be done, and is soon undone", () => {
  const { memories, spent } = run("pi", 1, [0.1, 0.4]);
  expect(Math.max(...memories.map(({ integral }) => integral))).toBeLessThanOrEqual(0.05);
  expect(Math.max(...memories.map(({ factor }) => factor))).toBeLessThanOrEqual(3);
  expect(memories.at(-1)?.integral).toBeLessThan(0.05);
  expect(spent).toBeGreaterThan(0.98);
});

test("a few coins at the start are no error: the first step changes little", () => {
  const sight: Sight = {
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
  const before: ControlMemory = { steppedAtMs: 0, integral: 0, factor: 1, sessions: 0, spentMinor: 0 };
  expect(steer("pi", sight, before).memory.factor).toBeGreaterThan(0.95);
});

test("reallocation learns what sessions really cost, and the plan by itself does not", () => {
  expect(run("reallocation", 0.7).memories.at(-1)?.factor).toBeCloseTo(0.7, 1);
  expect(run("reallocation", 0.7).distance).toBeLessThan(run("plan", 0.7).distance / 2);
});
