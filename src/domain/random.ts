// Seeded randomness and stable hash shares. Statistics and simulation only; nothing here is a secret.

import { createHash } from "node:crypto";

/** A stream of random numbers; the same seed gives the same stream on every machine. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  unit(): number;
  /** Uniform integer in [0, bound). */
  below(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** An independent stream, named, so that a new draw in one place does not shift the others. */
  fork(name: string): Random;
}

/** xoshiro128** (Blackman and Vigna 2018), seeded by SHA-256 of the seed's text. */
export function seededRandom(seed: number | string): Random {
  const digest = createHash("sha256").update(`stipend:${seed}`).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let d = digest.readUInt32LE(12) | 1;
  let spare: number | undefined;

  const next = (): number => {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const unit = (): number => (next() * 0x200000 + (next() >>> 11)) / 0x20000000000000;

  return {
    unit,
    below: (bound) => Math.floor(unit() * bound),
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - unit()));
      const angle = 2 * Math.PI * unit();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    fork: (name) => seededRandom(`${seed}/${name}`),
  };
}

/** A stable, uniform number in [0, 1) for a text: the same on every machine, in every release. */
export function hashUnit(text: string): number {
  // FNV-1a over UTF-16 units in two 32-bit lanes, finished by murmur3's mixers: cheap, and uniform enough for shares.
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 13);
  }
  return (mix(low ^ Math.imul(high, 0xc2b2ae35)) * 0x200000 + (mix(high ^ low) >>> 11)) / 0x20000000000000;
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
