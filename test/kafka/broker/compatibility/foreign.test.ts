import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../../../../src/domain/assert.ts";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import { CODES } from "../../../../src/log/kafka/client/errors.ts";
import type { KafkaLog } from "../../../../src/log/kafka/log.ts";
import { readAll, values } from "../../../log/reading.ts";
import { SPECS } from "../../../log/fixture.ts";
import { KIND, out, text, RecordingMember } from "../../../log/recording-member.ts";
import { openKafkaFixture, type KafkaFixture } from "../../cluster-fixture.ts";
import { foreign } from "../../java.ts";
import { theBroker } from "../../the-broker.ts";

const COUNT = 300;

/** Codes that no request made here is answered with: of delegation tokens, brokers, voters, share groups, and the like. */
// prettier-ignore
const OF_OTHER_REQUESTS = [
  54, 57, 61, 62, 63, 64, 65, 66, 67, 68, 73, 84, 85, 86, 91, 92, 93, 94, 95, 96, 98, 99, 101, 102, 104, 107, 111, 112,
  115, 116, 117, 118, 119, 121, 122, 123, 124, 125, 126, 127, 128, 130, 131, 132, 133,
];

describe("beside Kafka's own Java client", () => {
  let fixture: KafkaFixture;
  let log: KafkaLog;
  let broker: Awaited<ReturnType<typeof theBroker>>;

  beforeAll(async () => {
    broker = await theBroker();
    fixture = await openKafkaFixture(broker.brokers, KIND);
    log = await fixture.connect();
    await log.ensureTopics(SPECS);
  });
  afterAll(() => fixture.close());

  it("the table of errors has the broker's codes by its names, and each other code has been looked at", async () => {
    const theirs = (await foreign(broker.jars, "errors")).map((line) => line.split(" ") as [string, string]);
    expect(theirs.length).toBeGreaterThan(100);
    const ours = Object.entries(CODES).map(([code, [name]]) => [code, name] as const);
    const others = theirs.filter(([code]) => !Object.hasOwn(CODES, code));
    expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries([...ours, ...others]));
    expect(others.map(([code]) => Number(code)).toSorted((a, b) => a - b)).toEqual(OF_OTHER_REQUESTS);
  });

  it("reads what is compressed in any of Kafka's ways", async () => {
    const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    await foreign(broker.jars, "produce", broker.brokers, `${fixture.prefix}events`, codecs.join(","), String(COUNT));
    const records = await readAll(log, "events", 0);
    expect(records).toHaveLength(codecs.length * COUNT);
    for (const [index, record] of records.entries()) {
      const codec = must(codecs[Math.floor(index / COUNT)], "codec");
      expect(shown(record)).toEqual(expected(codec, index % COUNT));
    }
  });

  it("does not read what a transaction has aborted", async () => {
    await foreign(broker.jars, "transactions", broker.brokers, `${fixture.prefix}hints`);
    const committed = ["committed0", "committed1", "committed2"];
    expect(await values(log, "hints", 0)).toEqual([...committed, ...committed]);
  });

  it("is read by others: keys, values and order, and only what was committed", async () => {
    const told = new RecordingMember();
    await log.join(KIND, told);
    const task = await told.claim(0);
    for (let i = 0; i < 5; i += 1) await task.commit([out("answers", 0, `k${i}`, `v${i}`)], {});
    const lines = await foreign(broker.jars, "consume", broker.brokers, `${fixture.prefix}answers`, "5");
    expect(lines.map((line) => line.split(" ").slice(2).join(" "))).toEqual([
      "k0 v0",
      "k1 v1",
      "k2 v2",
      "k3 v3",
      "k4 v4",
    ]);
  });
});

function shown({ key, value, headers, timestampMs }: LogRecord): object {
  return { key: text(key), value: text(value), codec: text(headers["codec"] ?? null), timestampMs };
}

function expected(codec: string, i: number): object {
  const value = `${codec}-${i}-${"x".repeat(i % 200)}`;
  return { key: `k${i}`, value, codec, timestampMs: 1_700_000_000_000 + i };
}
