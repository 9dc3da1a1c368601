// When to learn again: one row is a situation and the verdict on it.

import { expect, test } from "vitest";
import { judgeRetrain, type RetrainPolicy, type RetrainState } from "../../src/retrain/trigger.ts";

const policy: RetrainPolicy = { newRows: 100, everyMs: 1_000, minRows: 50 };
const quiet: RetrainState = { rows: 200, rowsLearned: 200, sinceMs: 0, commanded: false };

const rows: [string, Partial<RetrainPolicy>, Partial<RetrainState>, number, string][] = [
  ["a command starts a training at once", {}, { commanded: true }, 1, "command"],
  ["a command with too few rows starts none", {}, { commanded: true, rows: 49, rowsLearned: 0 }, 1, "too_few_rows"],
  ["enough new rows start one", {}, { rows: 300 }, 1, "new_rows"],
  ["one row less does not", {}, { rows: 299 }, 1, "not_yet"],
  ["the period starts one when there is anything new", {}, { rows: 201 }, 1_000, "period"],
  ["the period with nothing new starts none", {}, {}, 5_000, "nothing_new"],
  ["without a period time starts none", { everyMs: null }, { rows: 201 }, 1e9, "not_yet"],
  ["without a number of rows they start none", { newRows: null }, { rows: 9_999 }, 1, "not_yet"],
];

test.each(rows)("%s", (_promise, changedPolicy, changedState, nowMs, reason) => {
  const verdict = judgeRetrain({ ...policy, ...changedPolicy }, { ...quiet, ...changedState }, nowMs);
  expect(verdict.reason).toBe(reason);
  expect(verdict.due).toBe(["command", "new_rows", "period"].includes(reason));
});
