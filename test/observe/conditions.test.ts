// What `/readyz` says: each thing that somebody on call has to know is said while it is so, and not any more after.

import { describe, expect, it, test } from "vitest";
import { conditionsOf, type Observed } from "../../src/observe/conditions.ts";
import { Recent, RECENT_MS } from "../../src/observe/recent.ts";

const WELL: Observed = {
  tasks: [{ kind: "serve", partition: 0, state: "running", trouble: null }],
  restores: [],
  recent: new Map([["decisions/whole", 1_000]]),
  features: null,
  disks: [{ of: "state", folder: "/data", freeBytes: 50e9, sizeBytes: 100e9 }],
  clocks: [{ kind: "serve", partition: 0, behindMs: 0 }],
  badEnd: null,
  maintenance: null,
  alarms: [],
};
const FAILING = { breakerOpen: true, answered: 0, failed: 3, unsent: 9, lastFailure: "timed out" };
const said = (other: Partial<Observed>) => conditionsOf({ ...WELL, ...other });

describe("a condition", () => {
  it("is not there while all is well", () => {
    expect(said({})).toEqual([]);
    expect(said({ features: { ...FAILING, breakerOpen: false } })).toEqual([]);
    expect(said({ clocks: [{ kind: "serve", partition: 0, behindMs: 900 }] })).toEqual([]);
    // A small disk need not have a gigabyte free.
    expect(said({ disks: [{ of: "state", folder: "/data", freeBytes: 3e8, sizeBytes: 1e9 }] })).toEqual([]);
  });

  const restore = {
    kind: "serve",
    partition: 0,
    by: "task",
    records: 70,
    bytes: 1,
    newRecords: 1,
    tookMs: 1,
    over: false,
  };
  test.each<[string, Partial<Observed>, boolean, RegExp]>([
    ["before tasks are there", { tasks: null }, true, /^not joined yet$/],
    [
      "a task that is held",
      { tasks: [{ kind: "serve", partition: 0, state: "held", trouble: null }] },
      true,
      /^serve 0 is held$/,
    ],
    [
      "a task that holds, also in the moment between two tries",
      { tasks: [{ kind: "serve", partition: 0, state: "running", trouble: "the record at offset 17 needs more" }] },
      true,
      /^serve 0 is held: the record at offset 17 needs more$/,
    ],
    [
      "a restore under way",
      {
        tasks: [{ kind: "serve", partition: 0, state: "opening", trouble: null }],
        restores: [{ ...restore, by: "task", left: 30, share: 0.7 }],
      },
      true,
      /^serve 0 is opening: restoring, 70 %, 30 records left/,
    ],
    [
      "an alarm on the money",
      { alarms: ["spring: shard 3: totals.plan.granted is 9, but only 8 was granted"] },
      true,
      /^ALARM: .*spring: shard 3: .*pacing clear-alarm/,
    ],
    ["time that stands", { clocks: [{ kind: "serve", partition: 0, behindMs: 60_000 }] }, true, /time stands: .* 60 s/],
    [
      "dead letters",
      {
        recent: new Map([
          ["dead_letters/contract", 3],
          ["dead_letters/future", 1],
        ]),
      },
      false,
      /^4 dead letters in the last 5 minutes \(contract 3, future 1\)/,
    ],
    [
      "rewards that no campaign weighs",
      { recent: new Map([["outcomes/unweighed", 7]]) },
      false,
      /^7 outcomes of the last 5 minutes had rewards that their campaign does not weigh/,
    ],
    ["refused commands", { recent: new Map([["commands/refused", 2]]) }, false, /^2 commands refused/],
    [
      "an open breaker, with the share that lacked features",
      {
        features: FAILING,
        recent: new Map([
          ["decisions/whole", 1],
          ["decisions/degraded", 3],
        ]),
      },
      false,
      /fails and is not asked for now \(last failure: timed out\); 75 % of the decisions/,
    ],
    [
      "many degraded decisions while the breaker lets requests through",
      { features: { ...FAILING, breakerOpen: false }, recent: new Map([["decisions/degraded", 3]]) },
      false,
      /^100 % of the decisions/,
    ],
    [
      "a disk that is nearly full",
      { disks: [{ of: "state", folder: "/data", freeBytes: 3e8, sizeBytes: 100e9 }] },
      false,
      /^the disk of \/data is nearly full: 286 MiB left$/,
    ],
    [
      "a log that cannot be compacted",
      { maintenance: "locked by process 7" },
      false,
      /^retention and compaction of the log fail, so that its file grows: locked by process 7$/,
    ],
    [
      "how the run before ended",
      { badEnd: { atMs: 1, reason: "serve 0: fatal: no" } },
      false,
      /ended badly: serve 0: fatal/,
    ],
  ])("tells of %s", (_, other, blocks, text) => {
    const conditions = said(other);
    expect(conditions).toHaveLength(1);
    expect(conditions[0]).toEqual({ blocks, text: expect.stringMatching(text) as string });
  });
});

test("what is recent is forgotten after its time, also where the clock was behind for a moment", () => {
  const recent = new Recent();
  recent.add("a", 2, 100_000);
  recent.add("a", 1, 95_000);
  recent.add("b", 4, 110_000);
  expect([...recent.totals(110_000)]).toEqual([
    ["b", 4],
    ["a", 3],
  ]);
  expect([...recent.totals(110_000 + RECENT_MS - 10_000)]).toEqual([["b", 4]]);
  expect([...recent.totals(110_000 + RECENT_MS)]).toEqual([]);
});
