// A user's records, read back a stretch of time after the other.

import { describe, expect, test } from "vitest";
import { readUser } from "../../src/console/server/user-records.ts";
import type { UserPage } from "../../src/console/views/pages/user-page.ts";
import { timeZonesOf } from "../../src/domain/campaign/time-zones.ts";
import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

const ANA = "ana";
const CAMPAIGNS = [
  { id: "spring", timeZone: "Europe/Berlin" },
  { id: "north", timeZone: "Asia/Kathmandu" },
];

/** Puts a value on a topic of the one partition, at that time. */
type Put = <N extends "sessions" | "decisions" | "outcomes" | "settlements" | "profiles" | "erasures">(
  topic: N,
  atMs: number,
  other: Partial<TopicValues[N]>,
) => Promise<void>;

async function openLog(): Promise<{ log: EventLog; put: Put }> {
  let nowMs = 0;
  const log = createSimulatedCluster({ now: () => nowMs }).connect("console");
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  const put: Put = async (topic, atMs, other) => {
    nowMs = atMs;
    const value = { ...SAMPLES[topic], userId: ANA, ...other };
    await log.send([{ topic, key: Buffer.from(value.userId), value: codecFor(topic).encode(value as never) }]);
  };
  return { log, put };
}

const look = (log: EventLog, untilMs: number | null, mostRead: number): Promise<UserPage> =>
  readUser(log, ANA, {
    ...{ untilMs, mostRead, zoneOf: timeZonesOf(CAMPAIGNS), signal: new AbortController().signal },
    campaignOf: (id) => (id === "spring" ? { currency: "EUR" } : null),
  });

async function stretches(log: EventLog, mostRead: number): Promise<readonly UserPage[]> {
  const found = [await look(log, null, mostRead)];
  for (let last = found[0]; last !== undefined && last.sinceMs !== null; last = found.at(-1))
    found.push(await look(log, last.sinceMs, mostRead));
  return found;
}

describe("a user's records", () => {
  test("come whole from a partition of any length, none twice, by stretches of a bounded number of records", async () => {
    const { log, put } = await openLog();
    for (let number = 0; number < 60; number += 1) {
      const atMs = 1_000 * (1 + Math.floor(number / 3));
      const userId = number % 7 === 0 ? ANA : `other ${number}`;
      await put("sessions", atMs, { sessionId: `s-${number}`, userId, atMs });
      if (number % 20 === 0) await put("outcomes", atMs, { outcomeId: `o-${number}`, userId, atMs });
    }
    const pages = await stretches(log, 10);
    expect(pages.length).toBeGreaterThan(4);
    const times = pages.flatMap(({ events }) => events.map(({ atMs }) => atMs));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const sessions = pages.flatMap(({ events }) => events.flatMap((e) => (e.kind === "session" ? [e.sessionId] : [])));
    expect(sessions).toEqual(["s-56", "s-49", "s-42", "s-35", "s-28", "s-21", "s-14", "s-7", "s-0"]);
    expect((await look(log, null, 1_000)).events).toEqual(pages.flatMap(({ events }) => events));
  });

  test("go further back with each stretch, however many records have one time", async () => {
    const { log, put } = await openLog();
    for (let number = 0; number < 30; number += 1)
      await put("sessions", 5_000, { sessionId: `s-${number}`, atMs: 5_000 });
    const pages = await stretches(log, 10);
    expect(pages.flatMap(({ events }) => events)).toHaveLength(30);
  });

  test("from before the user was erased are not shown, and the page says since when", async () => {
    const { log, put } = await openLog();
    await put("profiles", 1_000, { attributes: { city: "Lyon" } });
    await put("sessions", 1_000, { sessionId: "before", atMs: 1_000 });
    await put("decisions", 1_000, { sessionId: "before", decidedAtMs: 1_000 });
    await put("erasures", 2_000, { userId: "bea", atMs: 9_000 });
    await put("erasures", 2_000, { atMs: 2_000 });
    await put("sessions", 3_000, { sessionId: "after", atMs: 3_000 });
    const page = await look(log, null, 100);
    expect(page).toMatchObject({ erasedAtMs: 2_000, profile: null, events: [{ sessionId: "after" }] });
    expect(page.events).toHaveLength(1);
  });

  test("are told by their campaign's clocks, those of none in UTC where campaigns differ, and money in its currency", async () => {
    const { log, put } = await openLog();
    await put("sessions", 1_000, { sessionId: "s-1", atMs: 1_000, campaign: null });
    await put("sessions", 2_000, { sessionId: "s-2", atMs: 2_000, campaign: null });
    await put("decisions", 3_000, { sessionId: "s-2", decisionId: "d-2", decidedAtMs: 3_000, campaign: "north" });
    await put("settlements", 4_000, { decisionId: "of long ago", atMs: 4_000, campaign: "spring" });
    const page = await look(log, null, 100);
    expect(page.timeZone).toBe("UTC");
    expect(page.events.map(({ kind, timeZone }) => [kind, timeZone])).toEqual([
      ["money", "Europe/Berlin"],
      ["decision", "Asia/Kathmandu"],
      ["session", "Asia/Kathmandu"],
      ["session", "UTC"],
    ]);
    expect(page.events[0]).toMatchObject({ currency: { code: "EUR", digits: 2 } });
  });
});

test("campaigns that share a time zone give it to times of no campaign", () => {
  expect(timeZonesOf([])(null)).toBe("UTC");
  expect(timeZonesOf(CAMPAIGNS)(null)).toBe("UTC");
  expect(timeZonesOf(CAMPAIGNS)("north")).toBe("Asia/Kathmandu");
  const one = timeZonesOf(CAMPAIGNS.slice(0, 1));
  expect([one(null), one("gone")]).toEqual(["Europe/Berlin", "Europe/Berlin"]);
});
