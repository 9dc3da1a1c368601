// What a gateway remembers is bounded in time and in number, and a decision is remembered for good.

import { expect, it } from "vitest";
import type { Decided } from "../../src/gateway/contract.ts";
import { Known, KnownSessions } from "../../src/gateway/known.ts";

const decided = { kind: "decided", answer: { decisionId: "d-1" } as Decided, sessionAtMs: 1 } as const;

it("what came first is forgotten when there is more than it may hold, or when its time is over", () => {
  const known = new KnownSessions(1_000, 3);
  for (const [index, id] of ["a", "b", "c", "d"].entries()) known.add(id, "u", index);
  expect(["a", "b", "c", "d"].filter((id) => known.get(id) !== undefined)).toEqual(["b", "c", "d"]);
  known.add("e", "u", 1_002);
  expect(["b", "c", "d", "e"].filter((id) => known.get(id) !== undefined)).toEqual(["d", "e"]);
});

it("what is added again counts as new", () => {
  const known = new KnownSessions(1_000, 2);
  known.add("a", "u", 0);
  known.add("b", "u", 1);
  known.add("a", "u", 2);
  known.add("c", "u", 3);
  expect(["a", "b", "c"].filter((id) => known.get(id) !== undefined)).toEqual(["a", "c"]);
});

it("a decision is for good, and whatever else gives way to it", async () => {
  const known = new Known("u", 0);
  known.endAs({ kind: "unwritten", error: new Error("the log is away") });
  await known.ended;
  known.endAs(decided);
  known.endAs({ kind: "conflicting" });
  expect(known.end).toBe(decided);
});
