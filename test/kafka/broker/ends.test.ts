// What is done to topics under a task that reads them, and what it says then.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogError, UnknownTopic, type TaskLog } from "../../../src/log/event-log.ts";
import type { KafkaLog } from "../../../src/log/kafka/log.ts";
import { SPECS } from "../../log/fixture.ts";
import { KIND, out, text, Told } from "../../log/told.ts";
import { openKafkaFixture, type KafkaFixture } from "../cluster-fixture.ts";
import { theBroker } from "../the-broker.ts";

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
    const told = new Told();
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
