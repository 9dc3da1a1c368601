// The checker's timeline finds what it is for, to a unit, and nothing in a day on which all is well.

import { expect, test } from "vitest";
import { timelineOf, type Event, type Timeline } from "./timeline.ts";

type Of<K extends Event["kind"]> = Omit<Extract<Event, { kind: K }>, "kind" | "atMs">;

const at = (atMs: number) => ({
  grant: (of: Of<"grant">): Event => ({ kind: "grant", atMs, ...of }),
  report: (shard: number, returnedMinor: number): Event => ({ kind: "report", atMs, shard, returnedMinor }),
  taken: (shard: number, minor: number): Event => ({ kind: "taken", atMs, shard, minor, id: `s-${atMs}` }),
  ended: (shard: number, backMinor: number): Event => ({ kind: "ended", atMs, shard, backMinor }),
  applied: (revision: number): Event => ({ kind: "applied", atMs, revision }),
});
const grant = (atMs: number, shard: number, grantedMinor: number, revision: number, budgetMinor: number): Event =>
  at(atMs).grant({ shard, grantedMinor, revision, budgetMinor });

/** Two shards with 50 of 100 each take 40 each; the budget is cut to 60, and what lies free comes back. */
const DAY: readonly Event[] = [
  grant(1, 0, 50, 1, 100),
  grant(1, 1, 50, 1, 100),
  at(2).taken(0, 40),
  at(2).taken(1, 40),
  grant(3, 0, 50, 2, 60),
  grant(3, 1, 50, 2, 60),
  at(4).report(0, 10),
  at(5).report(1, 10),
  at(5).applied(2),
  at(6).ended(0, 30),
  at(7).report(0, 30),
];

const FINE: Omit<Timeline, "wrong"> = { grantedOver: 0, takenOver: 0, takenAboveCut: 0, cuts: 1, cutsBelowOut: 1 };
const found = (...more: readonly Event[]): Omit<Timeline, "wrong"> => {
  const { wrong, ...rest } = timelineOf([...more.toReversed(), ...DAY]);
  expect(wrong.length > 0).toBe(rest.grantedOver + rest.takenOver + rest.takenAboveCut > 0);
  return rest;
};

test("a cut that takes back what lies free, and then what is released, is no wrong", () => {
  expect(found()).toEqual(FINE);
  expect(found(grant(8, 1, 50, 2, 60), at(8).ended(1, 40), at(9).taken(1, 10))).toEqual(FINE);
});

test("what is granted while more is out than the cut left is found, and what is granted once that has fallen is not", () => {
  expect(found(grant(4, 1, 53, 2, 60))).toEqual({ ...FINE, grantedOver: 3 });
  expect(found(at(8).report(1, 14), grant(9, 0, 54, 2, 60))).toEqual(FINE);
  expect(found(at(8).report(1, 14), grant(9, 0, 55, 2, 60))).toEqual({ ...FINE, grantedOver: 1 });
});

test("what was granted before the cut was taken, in the same moment, is no wrong; at the cut's revision it is", () => {
  const before = DAY.filter(({ atMs }) => atMs < 3);
  const atThree = (revision: number): Timeline =>
    timelineOf([
      ...before,
      at(2).report(0, 10),
      grant(3, 0, 50, 2, 60),
      grant(3, 1, 55, revision, revision === 1 ? 100 : 60),
    ]);
  expect(atThree(1).grantedOver).toBe(0);
  expect(atThree(2).grantedOver).toBe(5);
});

test("a shard that takes more than it has is found, whatever the others have left", () => {
  expect(found(at(8).taken(0, 11))).toEqual({ ...FINE, takenOver: 1, takenAboveCut: 1 });
  expect(found(at(4).taken(0, 1))).toMatchObject({ takenOver: 1 });
});

test("what is taken above a cut is found from its acknowledgement on, until the budget is another", () => {
  const early = [grant(1, 2, 30, 1, 130), at(4).taken(2, 5)];
  expect(timelineOf([...DAY, ...early]).takenAboveCut).toBe(0);
  expect(timelineOf([...DAY, grant(1, 2, 30, 1, 130), at(8).taken(2, 15)]).takenAboveCut).toBe(5);
  const raised = [grant(1, 2, 30, 1, 130), grant(8, 2, 30, 3, 130), at(9).taken(2, 15)];
  expect(timelineOf([...DAY, ...raised]).takenAboveCut).toBe(0);
  const paused = [grant(1, 2, 30, 1, 130), grant(8, 2, 30, 3, 60), at(9).taken(2, 15)];
  expect(timelineOf([...DAY, ...paused]).takenAboveCut).toBe(5);
});
