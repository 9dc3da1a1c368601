// What is done to topics under a task that reads them, and to the clock of who runs it, and what it says then.

import { AssignerProtocol, Kafka, logLevel, type PartitionAssigner } from "kafkajs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogError, UnknownTopic, type TaskLog } from "../../../../src/log/event-log.ts";
import type { KafkaLog } from "../../../../src/log/kafka/log.ts";
import { readAll, values } from "../../../log/reading.ts";
import { SPECS } from "../../../log/fixture.ts";
import { KIND, out, text, RecordingMember } from "../../../log/recording-member.ts";
import { join, kind as counted, lastControl, topics } from "../../../task/counting.ts";
import { openKafkaFixture, type KafkaFixture } from "../../cluster-fixture.ts";
import { theBroker } from "../../the-broker.ts";

const NOW = { maxRecords: 100, maxWaitMs: 50 };

describe("an input of a task", () => {
  let fixture: KafkaFixture;
  let log: KafkaLog;
  let task: TaskLog;

  beforeEach(async () => {
    fixture = await openKafkaFixture((await theBroker()).brokers, KIND);
    log = await fixture.connect();
    await log.ensureTopics(SPECS);
    await log.send(["a", "b", "c"].map((value) => out("events", 0, "k", value)));
    const told = new RecordingMember();
    await log.join(KIND, told);
    task = await told.claim(0);
  });
  afterEach(() => fixture.close());

  it("that is deleted under it is named, and nothing more is read", async () => {
    await task.seek({});
    expect(await task.poll(NOW)).toHaveLength(3);
    await fixture.admin.deleteTopics({ topics: [`${fixture.prefix}events`] });
    const polled = async (): Promise<unknown> => task.poll(NOW).catch((error: unknown) => error);
    await expect.poll(polled, { timeout: 20_000 }).toBeInstanceOf(UnknownTopic);
    await expect(task.poll(NOW)).rejects.toThrow(/events is not a topic of this cluster/);
  });

  it("that is shorter than the task's position is another topic of its name, and is refused", async () => {
    await task.seek({ events: 1_000 });
    await expect(task.poll(NOW)).rejects.toThrow(LogError);
    await expect(task.poll(NOW)).rejects.toThrow(
      /position 1000 is beyond the end; was the topic deleted and made anew/,
    );
  });

  it("whose unread records have expired is read from what is left, and the gap is told", async () => {
    await task.seek({});
    const topic = `${fixture.prefix}events`;
    // So that kafkajs knows the topic's leaders, which it does not ask for by itself.
    await fixture.admin.fetchTopicOffsets(topic);
    await fixture.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "2" }] });
    expect((await task.poll(NOW)).map(({ value }) => text(value))).toEqual(["c"]);
    expect(fixture.troubles).toEqual([expect.stringMatching(/events 0: records from 0 to 2 are gone/)]);
  });
});

describe("a group that cannot go on", () => {
  let fixture: KafkaFixture;

  beforeEach(async () => {
    fixture = await openKafkaFixture((await theBroker()).brokers, KIND);
  });
  afterEach(() => fixture.close());

  it("is told to its member with the reason, as whoever has no partition would never know", async () => {
    const { brokers } = await theBroker();
    const log = await fixture.connect();
    await log.ensureTopics(SPECS);
    const told = new RecordingMember();
    await log.join(KIND, told);
    // Speaks the members' protocol, and says of itself what none of them would.
    const stranger: PartitionAssigner = () => ({
      name: "stipend-sticky",
      version: 0,
      assign: async () => [],
      protocol: ({ topics: of }) => ({
        name: "stipend-sticky",
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics: of, userData: Buffer.from("{}") }),
      }),
    });
    const consumer = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).consumer({
      groupId: `${fixture.prefix}${KIND.application}-${KIND.kind}`,
      partitionAssigners: [stranger],
      retry: { retries: 0 },
    });
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [`${fixture.prefix}events`] });
      await consumer.run({ eachMessage: async () => undefined });
      await expect.poll(() => told.failures, { timeout: 20_000 }).toEqual([expect.any(LogError)]);
      expect(String(told.failures[0])).toMatch(/of the group is no Stipend: change the application's name/);
      // And it is in nobody's way any more.
      const members = async (): Promise<(string | undefined)[]> => {
        const { groups } = await fixture.admin.describeGroups([`${fixture.prefix}${KIND.application}-${KIND.kind}`]);
        return groups[0]?.members.map(({ clientId }) => clientId) ?? [];
      };
      await expect.poll(members, { timeout: 20_000 }).not.toContain("client-0");
    } finally {
      await consumer.disconnect();
    }
  }, 90_000);
});

describe("a clock that jumps", () => {
  const YEAR_MS = 365 * 86_400_000;
  const NOW_MS = Date.now();
  let fixture: KafkaFixture;
  let log: KafkaLog;

  beforeEach(async () => {
    fixture = await openKafkaFixture((await theBroker()).brokers, counted);
    log = await fixture.connect();
    await log.ensureTopics(topics);
  });
  afterEach(() => fixture.close());

  const told = (): Promise<string[]> => values(log, "out", 0);
  const send = async (atMs: number): Promise<void> => log.send([{ ...out("first", 0, "b", "1"), timestampMs: atMs }]);

  it("forward ends what is due, and then stands until it is caught up with: time never runs back, on another instance neither", async () => {
    const runner = await join(log);
    const seen = async (nowMs: number): Promise<string | undefined> => {
      await runner.stepAll(nowMs);
      return (await told()).at(-1);
    };
    await send(NOW_MS);
    await expect.poll(() => seen(NOW_MS), { timeout: 10_000 }).toBe("first b 1");
    await expect.poll(() => seen(NOW_MS + YEAR_MS), { timeout: 10_000 }).toBe("forgotten b");
    await send(NOW_MS);
    await expect.poll(() => seen(NOW_MS), { timeout: 10_000 }).toBe("first b 1");
    expect((await lastControl(log, 0)).atMs).toBe(NOW_MS + YEAR_MS);
    await runner.stop();
    const next = await join(await fixture.connect());
    await send(NOW_MS);
    const behind = async (): Promise<string | undefined> => {
      await next.stepAll(NOW_MS - YEAR_MS);
      return (await told()).at(-1);
    };
    await expect.poll(behind, { timeout: 10_000 }).toBe("first b 2");
    expect((await lastControl(log, 0)).atMs).toBe(NOW_MS + YEAR_MS);
    await next.stop();
  });

  it("far ahead of the broker's own is refused where only tasks write, before anything is committed", async () => {
    const bound = topics.map((spec) =>
      spec.name === counted.changelog ? { ...spec, clockBound: true as const } : spec,
    );
    const other = await openKafkaFixture((await theBroker()).brokers, counted);
    const right = await other.connect();
    await right.ensureTopics(bound);
    expect(await right.differences(bound)).toEqual([]);
    await right.send([out("first", 0, "b", "1")]);
    const ahead = await other.connect({}, () => Date.now() + 2 * 3_600_000);
    const runner = await join(ahead);
    await expect(runner.runUntilIdle(NOW_MS)).rejects.toThrow(
      /time stamps: this machine's clock is far from the broker's/,
    );
    expect(await values(right, "out", 0)).toEqual([]);
    await runner.stop();
    await other.close();
  });

  it("at who writes makes records of another time, which are taken in their order and keep it", async () => {
    const times = [NOW_MS, NOW_MS + 10 * YEAR_MS, NOW_MS - 10 * YEAR_MS, NOW_MS];
    for (const atMs of times) await send(atMs);
    expect((await readAll(log, "first", 0)).map(({ timestampMs }) => timestampMs)).toEqual(times);
    const runner = await join(log);
    const count = async (): Promise<string[]> => {
      await runner.stepAll(NOW_MS);
      return await told();
    };
    const expected = times.map((_, index) => `first b ${index + 1}`);
    await expect.poll(count, { timeout: 10_000 }).toEqual(expected);
    await runner.stop();
  });
});
