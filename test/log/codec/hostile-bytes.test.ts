// Bytes from strangers: every decode ends quickly, with a value or with Undecodable.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecFor, Undecodable, type TopicValues } from "../../../src/log/codec/codec.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

const TOPICS = Object.keys(SAMPLES) as (keyof TopicValues)[];

/** A long as Avro writes it. */
function long(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A session's bytes up to its attributes, then anything. */
function sessionWith(tail: Buffer): Buffer {
  const bytes = codecFor("sessions").encode({ ...SAMPLES.sessions, attributes: {} });
  return Buffer.concat([bytes.subarray(0, -1), tail]);
}

function decodeOrRefuse(topic: keyof TopicValues, bytes: Uint8Array): void {
  try {
    codecFor(topic).decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(Undecodable);
    expect(String(error)).toContain(topic);
  }
}

describe("hostile bytes", () => {
  it.each([
    ["a map of 2^40 entries", sessionWith(long(2n ** 40n))],
    ["a map of −2^40 entries", sessionWith(Buffer.concat([long(-(2n ** 40n)), long(1n)]))],
    ["a map of 2^62 entries", sessionWith(long(2n ** 62n))],
    ["a key of 2^40 bytes", sessionWith(Buffer.concat([long(1n), long(2n ** 40n)]))],
    ["a key of −5 bytes", sessionWith(Buffer.concat([long(1n), long(-5n), Buffer.alloc(20)]))],
    ["a union of branch 77", sessionWith(Buffer.concat([long(1n), long(1n), Buffer.from("a"), long(77n), long(0n)]))],
    ["a union of branch −1", sessionWith(Buffer.concat([long(1n), long(1n), Buffer.from("a"), long(-1n), long(0n)]))],
    ["a number without an end", sessionWith(Buffer.alloc(1_000_000, 0xff))],
    ["a million empty blocks", sessionWith(Buffer.alloc(1_000_000, 0x01))],
    ["nothing", Buffer.alloc(0)],
    ["half a header", Buffer.from("c301aa", "hex")],
    ["JSON", Buffer.from('{"sessionId":"s"}')],
    ["a record and more", Buffer.concat([codecFor("sessions").encode(SAMPLES.sessions), Buffer.from([0])])],
  ])("%s is undecodable, at once and in little memory", (_, bytes) => {
    const before = performance.now();
    expect(() => codecFor("sessions").decode(bytes)).toThrow(Undecodable);
    expect(performance.now() - before).toBeLessThan(200);
  });

  it("a list of 2^40 numbers in a decision is undecodable at once", () => {
    const codec = codecFor("decisions");
    const bytes = codec.encode({ ...SAMPLES.decisions, propensities: [] });
    const at = bytes.length - (8 + 32 + 3) - 1;
    expect(bytes[at]).toBe(0);
    const hostile = Buffer.concat([bytes.subarray(0, at), long(2n ** 40n), bytes.subarray(at + 1)]);
    expect(() => codec.decode(hostile)).toThrow(Undecodable);
  });

  it.each(TOPICS)("%s: cut anywhere, it is undecodable", (topic) => {
    const bytes = codecFor(topic).encode(SAMPLES[topic]);
    const step = Math.max(1, Math.floor(bytes.length / 500));
    for (let length = 0; length < bytes.length; length += step)
      expect(() => codecFor(topic).decode(bytes.subarray(0, length))).toThrow(Undecodable);
  });

  it.each(TOPICS)("%s: changed anywhere, it is a value or undecodable, never another error", (topic) => {
    const bytes = codecFor(topic).encode(SAMPLES[topic]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(Math.min(bytes.length, 2_000) - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, value] of changes) changed[at] = value;
          decodeOrRefuse(topic, changed);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(TOPICS)("%s: anything at all behind its header is a value or undecodable", (topic) => {
    const header = codecFor(topic).encode(SAMPLES[topic]).subarray(0, 10);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => decodeOrRefuse(topic, Buffer.concat([header, tail]))),
      { numRuns: 300 },
    );
  });
});
