// The oldest Kafka that is served: all that the port promises, without what came to Kafka later.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicSpecs } from "../../../../src/log/topics.ts";
import { openShell } from "../../../cli/shell.ts";
import { conformance } from "../../../log/conformance.ts";
import { KIND } from "../../../log/recording-member.ts";
import { openKafkaFixture } from "../../cluster-fixture.ts";
import { startOldestBroker, type OldestBroker } from "../../oldest-broker.ts";

let broker: OldestBroker;
beforeAll(async () => {
  broker = await startOldestBroker();
}, 180_000);
afterAll(() => broker.stop());

describe("the oldest Kafka", () => {
  conformance({ name: "Kafka 2.4", marksApart: true, open: () => openKafkaFixture(broker.brokers, KIND) });

  it("gets its topics without the setting that it does not know, and `topics check` says so and passes", async () => {
    const shell = openShell({ KAFKA_BROKERS: broker.brokers, STIPEND_PARTITIONS: "2" });
    try {
      expect(await shell.run("topics create")).toMatchObject({ code: 0 });
      const checked = await shell.run("topics check");
      expect(checked).toMatchObject({ code: 0 });
      expect(checked.out).toMatch(/message\.timestamp\.after\.max\.ms .*not known to this broker/);
      const { json } = await shell.run("topics check --json");
      const bound = topicSpecs({ users: 2, control: 1 }).filter(({ clockBound }) => clockBound === true);
      expect(json[0]?.["differences"]).toMatchObject(bound.map(({ name }) => ({ topic: name })));
    } finally {
      shell.close();
    }
  });
});
