// TransactionalProducer whose end the broker has lost. They are made as such a broker leaves them: records of a transaction are
// written to partitions of which the coordinator is not told, so that it sends no marker there.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../../src/domain/assert.ts";
import type { TaskLog } from "../../../../src/log/event-log.ts";
import { Cluster } from "../../../../src/log/kafka/client/cluster.ts";
import type { KafkaLog } from "../../../../src/log/kafka/log.ts";
import { withDefaults } from "../../../../src/log/kafka/settings.ts";
import { encodeRecordBatch } from "../../../../src/log/kafka/protocol/batches/record-batch.ts";
import {
  addPartitions,
  endTransaction,
  initProducerId,
  produce,
  type Transaction,
} from "../../../../src/log/kafka/protocol/transaction-calls.ts";
import { values } from "../../../log/reading.ts";
import { SPECS } from "../../../log/fixture.ts";
import { bytes, KIND, out, text, RecordingMember } from "../../../log/recording-member.ts";
import { openKafkaFixture, type KafkaFixture } from "../../cluster-fixture.ts";
import { theBroker } from "../../the-broker.ts";

const ID = `${KIND.application}-${KIND.kind}-0`;
const BROKER = 4;

describe("a transaction whose end the broker has lost", () => {
  let fixture: KafkaFixture;
  let log: KafkaLog;
  let cluster: Cluster;
  let owner: Transaction;

  const verification = async (enabled: boolean): Promise<void> => {
    const configEntries = [{ name: "transaction.partition.verification.enable", value: String(enabled) }];
    await fixture.admin.alterConfigs({ validateOnly: false, resources: [{ type: BROKER, name: "1", configEntries }] });
  };

  beforeEach(async () => {
    const { brokers } = await theBroker();
    fixture = await openKafkaFixture(brokers, KIND);
    log = await fixture.connect();
    await log.ensureTopics(SPECS);
    cluster = new Cluster(withDefaults({ brokers: [brokers], clientId: "former owner" }));
    // A broker that works asks its coordinator whether it may take such records at all.
    await verification(false);
    const transactionalId = fixture.prefix + ID;
    owner = await cluster.retry("claim", async () => {
      const node = await cluster.coordinator("transaction", transactionalId);
      return { ...(await cluster.send(node, initProducerId(transactionalId, 10_000))), transactionalId };
    });
  });
  afterEach(async () => {
    await verification(true);
    cluster.close();
    await fixture.close();
  });

  const lost = (): string =>
    must(
      fixture.troubles.find((line) => line.includes("lost the end")),
      "a word of it",
    );

  const write = async (topic: string, partition: number, value: string): Promise<void> => {
    const record = { key: bytes("k"), value: bytes(value), timestampMs: Date.now() };
    const batch = encodeRecordBatch([record], { ...owner, firstSequence: 0, transactional: true });
    // The broker takes its new setting up a little later.
    const written = async (): Promise<number | undefined> => {
      const leader = await cluster.leader(fixture.prefix + topic, partition);
      const of = { topic: fixture.prefix + topic, partition, batch };
      const [answer] = await cluster.send(leader, produce(owner.transactionalId, [of], 5_000));
      return answer?.error;
    };
    await expect.poll(written, { timeout: 15_000 }).toBe(0);
  };
  const ask = async (call: ReturnType<typeof endTransaction>): Promise<void> =>
    cluster.retry("ask", async () => {
      await cluster.send(await cluster.coordinator("transaction", owner.transactionalId), call);
    });
  const claim = async (): Promise<TaskLog> => {
    const told = new RecordingMember();
    await log.join(KIND, told);
    return await told.claim(0);
  };

  it("is committed everywhere at the next claim when that was decided, and seen by its restore", async () => {
    await ask(addPartitions(owner, [{ topic: `${fixture.prefix}answers`, partitions: [0] }]));
    await write("answers", 0, "told");
    await write("answers", 1, "decided");
    await write("changes", 0, "decided");
    await ask(endTransaction(owner, true));
    await expect.poll(() => values(log, "answers", 0)).toEqual(["told"]);
    expect(await values(log, "changes", 0)).toEqual([]);
    const task = await claim();
    const restored: string[] = [];
    for await (const batch of task.restore(0)) restored.push(...batch.map(({ value }) => text(value)));
    expect(restored).toEqual(["decided"]);
    expect(await values(log, "answers", 1)).toEqual(["decided"]);
    expect(lost()).toMatch(/commit it in .*(answers 1|changes 0) .*(answers 1|changes 0) /);
  });

  it("is aborted everywhere when nobody knows, and no later commit brings it back", async () => {
    await write("answers", 0, "unknown");
    await write("changes", 0, "unknown");
    const task = await claim();
    await task.commit([out("answers", 0, "k", "after"), out("changes", 0, "k", "after")], {});
    expect(await values(log, "answers", 0)).toEqual(["after"]);
    expect(await values(log, "changes", 0)).toEqual(["after"]);
    expect(lost()).toMatch(/abort it in .*(answers|changes) 0 .*(answers|changes) 0 /);
  });

  it("and a changelog that has more than a restore was shown, as by a leader that was frozen, is noticed before a commit", async () => {
    const task = await claim();
    for await (const _batch of task.restore(0));
    await log.send([out("changes", 0, "k", "not shown")]);
    await expect(task.commit([out("changes", 0, "k", "on what is old")], {})).rejects.toThrow(
      /changes 0: records from 0 on have not been restored/,
    );
    expect(await values(log, "changes", 0)).toEqual(["not shown"]);
  });
});
