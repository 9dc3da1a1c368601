// Chance: uniform numbers that are the same for the same name, so that a session draws the same again, and that only who has
// the campaign's secret can foretell: whoever chooses the ids of sessions must not choose what they get. SHA-256 over the
// secret and the name, of which nothing is published.

import { hash } from "node:crypto";

const UNIT_BYTES = 8;

/** Four numbers in [0, 1), 53 bits each, independent of each other. */
export type Chances = readonly [number, number, number, number];

export function chancesOf(secret: Uint8Array, name: string): Chances {
  const digest = hash("sha256", Buffer.concat([secret, Buffer.from(name)]), "buffer");
  return [unitAt(digest, 0), unitAt(digest, 1), unitAt(digest, 2), unitAt(digest, 3)];
}

function unitAt(digest: Buffer, index: number): number {
  const high = digest.readUInt32LE(index * UNIT_BYTES);
  const low = digest.readUInt32LE(index * UNIT_BYTES + 4);
  return (high * 0x200000 + (low >>> 11)) / 0x20000000000000;
}
