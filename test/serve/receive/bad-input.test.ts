// What is wrong with an input, and what becomes of it: the tables of docs/INPUTS.md, row by row. Each wrong record stands
// between good ones in one batch, and these must not notice.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DeadLetter } from "../../../src/domain/session/dead-letter.ts";
import { MAX_ID_BYTES } from "../../../src/domain/ids.ts";
import { MAX_EVENT_BYTES, MAX_FUTURE_MS, MAX_REWARD, MAX_SESSION_AGE_MS } from "../../../src/domain/session/session.ts";
import type { LogRecord, OutRecord } from "../../../src/log/event-log.ts";
import { faultAt } from "../../../src/log/simulated/faults.ts";
import { REWARD_NAMES_MAX } from "../../../src/serve/settle/reward.ts";
import { RECENT_SESSIONS_MAX, RECENT_SESSIONS_MS } from "../../../src/serve/state/user/recent-sessions.ts";
import { OPEN_MAX, OUTCOMES_MAX } from "../../../src/serve/state/user/record.ts";
import { HOUR_MS, START_MS, openHarness, type Harness } from "../harness.ts";
import { ACCEPTED } from "./inputs/accepted.ts";
import { DEAD_LETTERS } from "./inputs/dead-letters.ts";
import { DAY_MS, good, otherPrint, session } from "./inputs/records.ts";
import { WITH_HISTORY } from "./inputs/with-history.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await harness.grant();
  await harness.run();
  await harness.session("before", "u1");
  await harness.session("lost", "u3", { campaign: "nowhere" });
  await harness.run();
  await harness.outcome("counted", "u1", "before", { kind: "converted", atMs: START_MS, rewards: { converted: 1 } });
  await harness.run();
});
afterEach(() => harness.stop());

describe.each(DEAD_LETTERS)("$what", ({ on, reason, names, records }) => {
  test.each(on)(`on %s: a dead letter ${reason}, whole, and the cycle goes on`, async (topic) => {
    const bad = records(topic);
    const first = (await harness.records(topic)).length + 1;
    await harness.send("profiles", "u8", { userId: "u8", atMs: START_MS, attributes: {} });
    await sendGood("g1");
    for (const record of bad) await harness.raw(record);
    await sendGood("g2");
    await harness.run();
    const sent = (await harness.records(topic)).filter(({ value, key }) => bad.some((one) => isOf(one, key, value)));
    expect(sent.length).toBeGreaterThanOrEqual(bad.length);
    const letters = await harness.letters();
    expect(letters).toHaveLength(bad.length);
    for (const [index, letter] of letters.entries()) {
      expect(letter).toMatchObject({ topic, partition: 0, atMs: START_MS, reason });
      expect(letter.detail).toMatch(names);
      expect(letter.detail).toMatch(/\. To do: \w/);
      const record = (await harness.records(topic)).find(({ offset }) => offset === letter.offset);
      expect(letter.offset).toBeGreaterThanOrEqual(first - 1);
      expect(record).toBeDefined();
      if (record !== undefined) expectKept(letter, record);
      expect(isOf(bad[index] ?? good(topic), record?.key ?? null, record?.value ?? null)).toBe(true);
    }
    await expectUnmoved();
  });
});

const isOf = (record: OutRecord, key: Uint8Array | null, value: Uint8Array | null): boolean =>
  same(record.key, key) && same(record.value, value);

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.from(a).equals(b);
}

/** One good record of each kind. */
async function sendGood(name: string): Promise<void> {
  await harness.profile(name, { visits: 5 });
  await harness.session(name, name, { attributes: { vip: true } });
  await harness.outcome(`${name}-o`, "u1", "before", { kind: "converted", rewards: { converted: 1 } });
}

/** The good ones were decided, and what was held before is held. */
async function expectUnmoved(): Promise<void> {
  for (const name of ["g1", "g2"])
    expect(await harness.decision(name)).toMatchObject({ reason: "planned", cluster: 1, degraded: false });
  expect(await harness.settlements()).toEqual([]);
  const decisions = await harness.decisions();
  expect(decisions.map((one) => one.sessionId)).toEqual(["before", "lost", "g1", "g2"]);
  await harness.run(1_000);
  expect((await harness.reports()).at(-1)?.totals.plan).toMatchObject({ reserved: 300n, settled: 0n, released: 0n });
}

/** Whole; of what is large its beginning, how long it is, and its hash. */
function expectKept(letter: DeadLetter, { key, value }: Pick<LogRecord, "key" | "value">): void {
  const cut = (bytes: Uint8Array | null, most: number) =>
    bytes === null || bytes.length <= most
      ? [bytes, null, null]
      : [Buffer.from(bytes.subarray(0, most)), bytes.length, createHash("sha256").update(bytes).digest()];
  expect([letter.key, letter.keyBytes, letter.keyHash]).toEqual(cut(key, 1_024));
  expect([letter.value, letter.valueBytes, letter.valueHash]).toEqual(cut(value, 65_536));
}

test.each(ACCEPTED)("%s, on %s: %s", async (_what, _on, _end, hold) => {
  await hold(harness);
});

test.each(WITH_HISTORY)("%s, on %s: %s", async (_what, _on, _end, hold) => {
  await hold(harness);
});

test("a dead letter and what passes over its record are one transaction: no crash loses or doubles it", async () => {
  for (const fault of ["crash_before", "crash_after"] as const) {
    const shaken = await openHarness();
    await shaken.grant();
    await shaken.run();
    await shaken.raw(otherPrint(session()));
    await shaken.session("s1", "u1");
    shaken.cluster.setFaults(faultAt(0, fault, (point) => point.step === "commit"));
    await expect(shaken.run()).rejects.toThrow("crash");
    const committed = fault === "crash_after" ? 1 : 0;
    expect([(await shaken.letters()).length, (await shaken.decisions()).length]).toEqual([committed, committed]);
    await shaken.restart();
    await shaken.run();
    expect([(await shaken.letters()).length, (await shaken.decisions()).length]).toEqual([1, 1]);
    await shaken.stop();
  }
});

describe("docs/INPUTS.md", () => {
  const text = readFileSync(new URL("../../../docs/INPUTS.md", import.meta.url), "utf8");
  const rows = (columns: number): string[][] =>
    text
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| --"))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .filter((cells) => cells.length === columns)
      .slice(1);

  test("has the rows that are held here, and no other", () => {
    const held = [
      ...DEAD_LETTERS.map(({ what, on, reason, more }) => [
        what,
        on.join(", "),
        `dead letter \`${reason}\`${more ?? ""}`,
      ]),
      ...ACCEPTED.map(([what, on, end]) => [what, on, end]),
      ...WITH_HISTORY.map(([what, on, end]) => [what, on, end]),
    ];
    expect(
      rows(3)
        .map((row) => row.join(" | "))
        .toSorted(),
    ).toEqual(held.map((row) => row.join(" | ")).toSorted());
  });

  test("has the limits as they are", () => {
    const limits = rows(2).map((row) => row.at(1));
    const number = (value: number): string => value.toLocaleString("en-US");
    expect(limits).toEqual([
      `${number(MAX_EVENT_BYTES)} bytes`,
      `${MAX_ID_BYTES} bytes`,
      `${number(MAX_FUTURE_MS)} ms`,
      `${MAX_SESSION_AGE_MS / DAY_MS} days`,
      MAX_REWARD.toExponential().replace("+", ""),
      `${OUTCOMES_MAX}`,
      `${REWARD_NAMES_MAX}`,
      `${RECENT_SESSIONS_MAX} of ${RECENT_SESSIONS_MS / HOUR_MS} hours`,
      `${OPEN_MAX}`,
    ]);
  });
});

test("a session that comes again is decided once, however much later: while its user is known by that, then by its age", async () => {
  const again = session({ sessionId: "once", userId: "u9" });
  await harness.raw(again);
  await harness.run();
  // To the last moment at which it is not too old, with the user idle: the record is still there.
  await harness.run(MAX_SESSION_AGE_MS);
  await harness.raw(again);
  await harness.run();
  expect(await harness.letters()).toEqual([]);
  for (const laterMs of [1, DAY_MS, 30 * DAY_MS]) {
    await harness.run(laterMs);
    await harness.raw(again);
    await harness.run();
  }
  expect((await harness.letters()).map(({ reason }) => reason)).toEqual(["too_old", "too_old", "too_old"]);
  expect((await harness.decisions()).filter(({ sessionId }) => sessionId === "once")).toHaveLength(1);
});
