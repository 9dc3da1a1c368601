// What Kafka's own tools see of a group: how far it is, and how far behind.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TaskLog } from "../../../../src/log/event-log.ts";
import { ClusterTopics } from "../../../../src/log/kafka/catalogue.ts";
import { Cluster } from "../../../../src/log/kafka/client/cluster.ts";
import { KafkaError } from "../../../../src/log/kafka/client/errors.ts";
import { GroupOffsets } from "../../../../src/log/kafka/group/group-offsets.ts";
import type { KafkaLog } from "../../../../src/log/kafka/log.ts";
import { withDefaults } from "../../../../src/log/kafka/settings.ts";
import { SPECS } from "../../../log/fixture.ts";
import { KIND, out, RecordingMember } from "../../../log/recording-member.ts";
import { openKafkaFixture, type KafkaFixture } from "../../cluster-fixture.ts";
import { foreign } from "../../java.ts";
import { theBroker } from "../../the-broker.ts";

const GROUP_AUTHORIZATION_FAILED = 30;
const NOW = { maxRecords: 100, maxWaitMs: 0 };

describe("the offsets of a group", () => {
  let fixture: KafkaFixture;
  let log: KafkaLog;
  let task: TaskLog;
  let topic: string;
  let brokers: string;

  beforeEach(async () => {
    ({ brokers } = await theBroker());
    fixture = await openKafkaFixture(brokers, KIND);
    log = await fixture.connect();
    await log.ensureTopics(SPECS);
    topic = `${fixture.prefix}events`;
    task = await claimed(log);
    await task.seek({});
  });
  afterEach(() => fixture.close());

  async function claimed(by: KafkaLog): Promise<TaskLog> {
    const told = new RecordingMember();
    await by.join(KIND, told);
    return await told.claim(0);
  }

  /** Of partition 0, as tools count it: from the group's offset to the partition's end, markers among them. */
  async function lag(): Promise<number> {
    const [found] = await fixture.admin.fetchOffsets({
      groupId: `${fixture.prefix}${KIND.application}-${KIND.kind}`,
      topics: [topic],
    });
    const ends = await fixture.admin.fetchTopicOffsets(topic);
    const offset = found?.partitions.find(({ partition }) => partition === 0)?.offset ?? "-1";
    return Number(ends.find(({ partition }) => partition === 0)?.high) - Number(offset);
  }

  async function doAll(of: TaskLog): Promise<number> {
    const records = await of.poll(NOW);
    const last = records.at(-1);
    if (last !== undefined) await of.commit([out("answers", 0, "k", "done")], { events: last.offset + 1 });
    return records.length;
  }

  it("say that nothing is left when all is done, also where transactions have left their markers", async () => {
    const { jars } = await theBroker();
    await foreign(jars, "transactions", brokers, topic);
    let done = 0;
    await expect.poll(async () => (done += await doAll(task)), { timeout: 10_000 }).toBe(6);
    await expect.poll(async () => [await doAll(task), await lag()], { timeout: 10_000 }).toEqual([0, 0]);
  }, 90_000);

  it("are told anew by the next owner when the former had no time to", async () => {
    await log.send([out("events", 0, "k", "1")]);
    await expect.poll(() => doAll(task)).toBe(1);
    await expect.poll(lag, { timeout: 10_000 }).toBe(0);
    await log.send([out("events", 0, "k", "2")]);
    await expect.poll(() => doAll(task)).toBe(1);
    await fixture.kill(log);
    const next = await claimed(await fixture.connect());
    await next.seek({ events: 2 });
    await expect.poll(async () => [await doAll(next), await lag()], { timeout: 10_000 }).toEqual([0, 0]);
  });

  it("are sent so often as is set, once a second by default, and not in each cycle", async () => {
    expect(withDefaults({ brokers: [], clientId: "any" }).offsetsEveryMs).toBe(1_000);
    const seldom = await fixture.connect({ offsetsEveryMs: 3_600_000 });
    await log.close();
    const rare = await claimed(seldom);
    await rare.seek({});
    for (let cycle = 0; cycle < 4; cycle += 1) {
      await seldom.send([out("events", 0, "k", `${cycle}`)]);
      await expect.poll(() => doAll(rare)).toBe(1);
    }
    // None: tools then count from before the first.
    expect(await lag()).toBe(4 + 1);
    await seldom.close();
    expect(await lag()).toBe(0);
  });

  it("are nothing that anybody depends on: what the group refuses is said once, and thrown at nobody", async () => {
    const cluster = new Cluster(
      withDefaults({ brokers: brokers.split(","), clientId: "offsets", onTrouble: (line) => said.push(line) }),
    );
    const said: string[] = [];
    cluster.coordinator = async () => {
      throw new KafkaError(GROUP_AUTHORIZATION_FAILED, "coordinator");
    };
    let offset = 0;
    const offsets = new GroupOffsets(
      { cluster, catalogue: new ClusterTopics(cluster) },
      {
        member: () => ({ group: "locked", generation: 1, member: "nobody" }),
        reached: () => new Map([[0, { events: offset }]]),
      },
    );
    for (; offset < 3; offset += 1) await offsets.send();
    await offsets.end();
    cluster.close();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/its offsets, which are for tools only: .*GROUP_AUTHORIZATION_FAILED/);
  });
});
