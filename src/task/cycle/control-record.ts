// The control record: what a cycle says of itself on its changelog, in the same transaction as all that it did.
// A task starts from the last one and from nothing else (law C1).

import type { Positions } from "../../log/event-log.ts";

export interface ControlRecord {
  /** Names the changelog: made with its first cycle, carried on for ever. Tells a local store of another log apart. */
  readonly lineage: string;
  /** Counts from 1; 0 before the first. */
  readonly cycle: number;
  /** The only time that the cycle saw. */
  readonly atMs: number;
  /** Next offset to read of each input. */
  readonly positions: Positions;
}

/** Encodes the record; schemas/control-record.avsc through log/codec in a running system. */
export interface ControlCodec {
  encode(record: ControlRecord): Uint8Array;
  decode(bytes: Uint8Array): ControlRecord;
}

/** Keys that begin with NUL belong to the cycle. */
export const CONTROL_PREFIX = "\0";
export const CONTROL_KEY = "\0cycle";

/** Before the first cycle of a changelog. */
export function firstControl(lineage: string): ControlRecord {
  return { lineage, cycle: 0, atMs: 0, positions: {} };
}
