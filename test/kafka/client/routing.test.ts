// Who is asked, and what of the answers is believed, where there are several brokers.

import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/log/event-log.ts";
import { Disconnected, KafkaError } from "../../../src/log/kafka/client/errors.ts";
import { hedgedRequest } from "../../../src/log/kafka/client/hedged-request.ts";
import { Input } from "../../../src/log/kafka/reading/input.ts";
import { Leaders } from "../../../src/log/kafka/client/leaders.ts";
import type { TopicMetadata } from "../../../src/log/kafka/protocol/calls.ts";
import type { Fetched } from "../../../src/log/kafka/protocol/fetch-call.ts";

const NOT_LEADER = 6;
const UNKNOWN_TOPIC = 3;
const INVALID_TOPIC = 17;

describe("the leaders of partitions", () => {
  const told = (leader: number, epoch: number): TopicMetadata[] => {
    return [
      { topic: "t", error: 0, internal: false, partitions: [{ error: 0, partition: 0, leader, epoch, replicas: 3 }] },
    ];
  };

  it("are those of the later epoch, whichever answer comes last", () => {
    const leaders = new Leaders();
    leaders.learn(told(1, 4), 0);
    leaders.learn(told(2, 5), 100);
    leaders.learn(told(1, 4), 200);
    expect(leaders.of("t", 0)).toBe(2);
    leaders.learn(told(3, 6), 300);
    expect(leaders.of("t", 0)).toBe(3);
  });

  it("are those of an earlier epoch when nothing later is heard any more: the topic was made anew", () => {
    const leaders = new Leaders();
    leaders.learn(told(2, 5), 0);
    leaders.learn(told(1, 0), 10_000);
    expect(leaders.of("t", 0)).toBe(1);
  });

  it("are none while nobody leads, and unknown when the topic is gone", () => {
    const leaders = new Leaders();
    leaders.learn(told(-1, 0), 0);
    expect([leaders.count("t"), leaders.of("t", 0)]).toEqual([1, null]);
    leaders.learn([{ topic: "t", error: UNKNOWN_TOPIC, internal: false, partitions: [] }], 0);
    expect([leaders.count("t"), leaders.topics]).toEqual([null, []]);
  });
});

describe("a question to several brokers", () => {
  const never = (): Promise<string> => new Promise(() => undefined);
  const broken = async (): Promise<string> => {
    throw new Disconnected("refused");
  };

  it("has the first answer, though the first asked is frozen and the second refuses", async () => {
    expect(await hedgedRequest([never, broken, async () => "third"], 5)).toBe("third");
  });

  it("is asked of one only when that one answers", async () => {
    let asked = 0;
    const one = async (): Promise<number> => (asked += 1);
    expect(await hedgedRequest([one, one, one], 60_000)).toBe(1);
    expect(asked).toBe(1);
  });

  it("fails when all are away, with the last's words, and at once with an error that a broker answers", async () => {
    await expect(hedgedRequest([broken, broken], 60_000)).rejects.toThrow("refused");
    await expect(hedgedRequest([], 5)).rejects.toThrow(Disconnected);
    const answers = async (): Promise<string> => {
      throw new KafkaError(NOT_LEADER, "asked");
    };
    await expect(hedgedRequest([answers, never], 60_000)).rejects.toThrow(KafkaError);
  });
});

describe("an input", () => {
  const fetched = (from: number, count: number): Fetched => ({
    topic: "t",
    partition: 0,
    error: 0,
    end: 100,
    next: from + count,
    records: Array.from({ length: count }, (_, i) => {
      const offset = from + i;
      return { topic: "t", partition: 0, offset, timestampMs: 0, key: null, value: null, headers: {} };
    }),
  });
  const taken = (input: Input): number[] => {
    const into: LogRecord[] = [];
    input.take(100, into);
    return into.map(({ offset }) => offset);
  };

  it("drops an answer that did not begin where it goes on: two leaders were asked for the same", () => {
    const input = new Input({ name: "t", topic: "t" }, 0, 10);
    input.add(fetched(10, 3), 10);
    input.add(fetched(10, 5), 10);
    expect([taken(input), input.next]).toEqual([[10, 11, 12], 13]);
    input.add(fetched(13, 2), 13);
    expect(taken(input)).toEqual([13, 14]);
  });

  it("is lost when its trouble has lasted for longer than patience, or will not pass, and no more once it has answered", () => {
    const input = new Input({ name: "t", topic: "t" }, 0, 0);
    input.failed(new Disconnected("away"), 1_000);
    input.failed(new Disconnected("away"), 5_000);
    expect([input.isLost(10_000, 15_000), input.isLost(16_001, 15_000)]).toEqual([false, true]);
    input.answered(16_002);
    expect(input.isLost(99_000, 15_000)).toBe(false);
    input.failed(new KafkaError(INVALID_TOPIC, "fetch"), 99_000);
    expect(input.isLost(99_000, 15_000)).toBe(true);
  });
});
