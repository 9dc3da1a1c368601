// Hostile records: what anybody may put on any topic, drawn by a seed, each with the name of its kind.

import type { Random } from "../../src/domain/random.ts";
import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import { SCHEMA_ID_HEADER } from "../../src/log/codec/registry/wire.ts";
import type { OutRecord } from "../../src/log/event-log.ts";
import { partitionOf } from "../../src/log/partitioner.ts";
import { TOPICS } from "../../src/log/topics.ts";
import { SAMPLES } from "../../fixtures/samples.ts";
import { Draw, INPUTS, type Hostile, type Target } from "./draw.ts";
import { HostileValues } from "./hostile-values.ts";
import { STRANGERS } from "./memory-registry.ts";

const TOPICS_OF_VALUES = Object.keys(SAMPLES) as (keyof TopicValues)[];
const CHANGELOGS = ["state", "treasury-state"] as const;
const MEGABYTE = 1_000_000;

export class HostileRecords {
  readonly #draw: Draw;
  readonly #values: HostileValues;

  constructor(random: Random) {
    this.#draw = new Draw(random);
    this.#values = new HostileValues(this.#draw);
  }

  draw(target: Target): Hostile {
    const kinds: (() => Hostile)[] = [
      () => this.#bytes(),
      () => this.#avro(),
      () => this.#values.draw(target),
      () => this.#values.draw(target),
      () => this.#values.draw(target),
      () => this.#keys(),
      () => this.#headers(target),
      () => this.#sizes(),
      () => this.#nothing(target),
      () => this.#changelog(),
      () => this.#wireFormat(),
    ];
    const hostile = this.#draw.one(kinds)();
    const topic = hostile.record.topic as keyof typeof TOPICS;
    const partitions = TOPICS[topic].partitions === "users" ? target.users : target.control;
    // Mostly where it belongs, so that more than its place is looked at.
    const { key } = hostile.record;
    const belongs =
      key === null || topic === "grants" || this.#draw.random.below(5) === 0
        ? null
        : partitionOf(key, { partitioner: "murmur2", partitions });
    return { ...hostile, record: { ...hostile.record, partition: belongs ?? this.#draw.random.below(partitions) } };
  }

  #bytes(): Hostile {
    const topic = this.#draw.one(TOPICS_OF_VALUES);
    const good = codecFor(topic).encode(SAMPLES[topic]);
    const flipped = Buffer.from(good);
    for (let left = 1 + this.#draw.random.below(4); left > 0; left -= 1)
      flipped[this.#draw.random.below(flipped.length)] = this.#draw.random.below(256);
    const value = this.#draw.one([
      this.#draw.noise(this.#draw.random.below(64)),
      good.subarray(0, this.#draw.random.below(good.length)),
      flipped,
      Buffer.concat([good, this.#draw.noise(3)]),
      Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), good.subarray(10)]),
      Buffer.concat([Buffer.from("c301", "hex"), this.#draw.noise(8), good.subarray(10)]),
      Buffer.from("{}"),
      Buffer.alloc(0),
    ]);
    return this.#draw.of("bytes", topic, value, Buffer.from("u1"));
  }

  /** As with a schema registry: ids that are ours (low ones), a stranger's, nobody's, or none; before the value or in a header. */
  #wireFormat(): Hostile {
    const topic = this.#draw.one(TOPICS_OF_VALUES);
    const good = codecFor(topic).encode(SAMPLES[topic]).subarray(10);
    const id = Buffer.alloc(4);
    id.writeInt32BE(this.#draw.one([this.#draw.random.below(40), ...STRANGERS.keys(), 77_777, 2 ** 31 - 1, -1, 0]));
    const body = this.#draw.one([
      good,
      good.subarray(0, this.#draw.random.below(good.length)),
      Buffer.concat([avroLong(2n ** 40n), Buffer.alloc(20)]),
      Buffer.alloc(5_000, 0x02),
      this.#draw.noise(this.#draw.random.below(64)),
      Buffer.alloc(0),
    ]);
    const prefixed = Buffer.concat([Buffer.from([0]), id, body]);
    const value = this.#draw.one([prefixed, prefixed, prefixed.subarray(0, this.#draw.random.below(6)), body]);
    const headers = this.#draw.one<OutRecord["headers"]>([
      undefined,
      undefined,
      { [SCHEMA_ID_HEADER]: Buffer.concat([Buffer.from([0]), id]) },
      { [SCHEMA_ID_HEADER]: Buffer.concat([Buffer.from([1]), id, Buffer.alloc(12)]) },
      { [SCHEMA_ID_HEADER]: this.#draw.noise(this.#draw.random.below(20)) },
    ]);
    return this.#draw.of("wire format", topic, value, Buffer.from("u1"), headers);
  }

  /** Lengths and counts that a decoder must not believe. */
  #avro(): Hostile {
    const topic = this.#draw.one(INPUTS);
    const good = codecFor(topic).encode(SAMPLES[topic]);
    const cut = good.subarray(0, 10 + this.#draw.random.below(good.length - 10));
    const long = avroLong(this.#draw.one([2n ** 62n, -(2n ** 62n), 2n ** 40n, -(2n ** 40n), 2n ** 53n, -1n, 77n]));
    const tail = this.#draw.one([
      Buffer.alloc(0),
      this.#draw.noise(20),
      Buffer.alloc(50_000, 0x01),
      Buffer.alloc(50_000, 0xff),
    ]);
    return this.#draw.of("avro lengths", topic, Buffer.concat([cut, long, tail]), Buffer.from("u1"));
  }

  #keys(): Hostile {
    const topic = this.#draw.one(INPUTS);
    const value = codecFor(topic).encode(SAMPLES[topic]);
    const key = this.#draw.one([
      null,
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe]),
      Buffer.from("\0"),
      Buffer.alloc(1_024, "k"),
      Buffer.alloc(1_025, "k"),
      Buffer.alloc(MEGABYTE * 0.9, "k"),
    ]);
    // No broker takes a record without a key on a compacted topic.
    const isCompacted = TOPICS[topic].cleanup === "compact";
    return this.#draw.of(
      "keys",
      topic,
      this.#draw.one([value, null]),
      key === null && isCompacted ? Buffer.from("u1") : key,
    );
  }

  #headers(target: Target): Hostile {
    const { record } = this.#values.session(target);
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`h${n}`, Buffer.from("v")]));
    const headers = this.#draw.one<NonNullable<OutRecord["headers"]>>([
      many,
      { traceparent: Buffer.alloc(MEGABYTE * 0.9, "t") },
      {
        traceparent: Buffer.from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        tracestate: Buffer.alloc(600_000, "s"),
      },
      { traceparent: this.#draw.noise(55) },
      { "": Buffer.alloc(0), "\u001b[2J": Buffer.alloc(3) },
    ]);
    return { kind: "headers", record: { ...record, headers } };
  }

  #sizes(): Hostile {
    const topic = this.#draw.one(INPUTS);
    const length = this.#draw.one([16_384, 16_385, 65_536, 65_537, 900_000]);
    const good = codecFor(topic).encode(SAMPLES[topic]);
    const value = this.#draw.one([
      Buffer.alloc(length, "x"),
      Buffer.concat([good.subarray(0, 10), Buffer.alloc(length - 10, 0x02)]),
    ]);
    return this.#draw.of("sizes", topic, value, Buffer.from("u1"));
  }

  #nothing(target: Target): Hostile {
    const topic = this.#draw.one([...INPUTS, "budget-status"]);
    const key = this.#draw.one(["u1", target.campaign.id, `${target.campaign.id}/${"0".repeat(64)}`]);
    return this.#draw.of("no value", topic, null, Buffer.from(key));
  }

  /** Keys that are none of ours: they are passed over when a task is restored. */
  #changelog(): Hostile {
    const key = this.#draw.one(["", "x", "zz/9", "\0other", "k".repeat(2_000)]);
    return this.#draw.of(
      "changelogs",
      this.#draw.one(CHANGELOGS),
      this.#draw.one([this.#draw.noise(40), null, Buffer.alloc(200_000)]),
      Buffer.from(key),
    );
  }
}

function avroLong(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
