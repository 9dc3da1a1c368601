// A session that happened long ago is looked for before it is written: where the log cannot be read just then, the next try does both.

import { expect, it } from "vitest";
import { Decisions } from "../../src/gateway/decisions.ts";
import { PublishedSession } from "../../src/gateway/recorded.ts";
import { SessionWriter } from "../../src/gateway/writer.ts";
import { LogUnavailable, type EventLog } from "../../src/log/event-log.ts";
import { placementOf } from "../../src/log/placement.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../src/log/topics.ts";

const NOW_MS = 1_800_000_000_000;

it("is written by the same request sent again, once the log can be read", async () => {
  const log = createSimulatedCluster({ now: () => NOW_MS }).connect("gateway");
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  let isAway = true;
  const unread: EventLog = {
    ...log,
    ranges: async (topic) => {
      if (isAway) throw new LogUnavailable("away");
      return await log.ranges(topic);
    },
  };
  const decisions = new Decisions({
    placement: await placementOf(log, "sessions"),
    writer: new SessionWriter(log, 0, () => 0),
    recorded: new PublishedSession(unread),
    nowMs: () => NOW_MS,
    elapsedMs: () => 0,
    mostInFlight: 10,
  });
  const session = { sessionId: "s-1", userId: "u-1", atMs: NOW_MS - 660_000, surface: null, campaign: null };
  const asked = { session: { ...session, attributes: {} }, isTimeGiven: true, timeoutMs: 1_000 };
  await expect(decisions.decide(asked)).rejects.toThrow(LogUnavailable);
  isAway = false;
  // There is no allocator: it is pending.
  expect(await decisions.decide(asked)).toBeNull();
  expect((await log.ranges("sessions"))[0]?.end).toBe(1);
});
