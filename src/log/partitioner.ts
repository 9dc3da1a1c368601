// Partitioner
// Where a key goes, as Kafka's clients work it out, so that a record of ours lands where their records of the key land:
//
//   murmur2  Java's client, and all that follow it: murmur2 & 0x7fffffff
//   crc32    librdkafka's `consistent_random`, its default: CRC-32, unsigned
//   fnv1a    Sarama's `NewHashPartitioner`, its default, and librdkafka's `fnv1a_random`: FNV-1a as a signed 32-bit
//            integer, without its sign
//
// test/log/partitioner.test.ts holds them against these clients. What has no key they spread; so do the adapters.

import { crc32 } from "node:zlib";

export const PARTITIONERS = ["murmur2", "crc32", "fnv1a"] as const;
export type Partitioner = (typeof PARTITIONERS)[number];

/** How keys are placed on a topic. */
export interface Placement {
  readonly partitioner: Partitioner;
  readonly partitions: number;
}

/** What is written down of a log when its topics are made. */
export interface Partitioning {
  readonly partitioner: Partitioner;
  /** Partitions of the topics keyed by user, and of those keyed by campaign. */
  readonly users: number;
  readonly control: number;
  readonly atMs: number;
}

/** Unsigned, below 2³² (crc32) or 2³¹ (the others). */
const HASHES: Readonly<Record<Partitioner, (key: Uint8Array) => number>> = {
  murmur2: (key) => murmur2(key) & 0x7fffffff,
  crc32: (key) => crc32(key),
  fnv1a: (key) => Math.abs(fnv1a(key)),
};

/** The partition of a key. */
export function partitionOf(key: Uint8Array, { partitioner, partitions }: Placement): number {
  return HASHES[partitioner](key) % partitions;
}

const SEED = 0x9747b28c | 0;
const M = 0x5bd1e995;

/** Kafka's own, in plain 32-bit arithmetic; signed. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  const whole = length - (length % 4);
  let h = SEED ^ length;
  for (let i = 0; i < whole; i += 4) {
    let k = byte(data, i) | (byte(data, i + 1) << 8) | (byte(data, i + 2) << 16) | (byte(data, i + 3) << 24);
    k = Math.imul(k, M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  const rest = length - whole;
  if (rest >= 3) h ^= byte(data, whole + 2) << 16;
  if (rest >= 2) h ^= byte(data, whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ byte(data, whole), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

function byte(data: Uint8Array, index: number): number {
  return data[index]!;
}

/** 32 bits, signed. */
function fnv1a(data: Uint8Array): number {
  let h = 0x811c9dc5 | 0;
  for (const octet of data) h = Math.imul(h ^ octet, 0x01000193);
  return h;
}

/** Spreads records without key and partition. */
export interface KeylessCounter {
  next: number;
}
