// Dead letters
// Which dead letters are meant: by reason, by the topic they came from, by their own place. `list` and `redrive` choose alike.

import type { DeadLetter } from "../../domain/session/dead-letter.ts";
import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import { notePassedOver } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { mergedByTime } from "./merge.ts";

export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

/** Which are meant; what is left out does not choose. */
export interface Choice {
  readonly reason?: DeadLetter["reason"] | undefined;
  readonly topic?: string | undefined;
  /** All, when there is none. */
  readonly at: readonly LetterPlace[];
}

export interface PlacedLetter {
  readonly place: LetterPlace;
  readonly letter: DeadLetter;
}

const codec = codecFor("dead-letters");

/** By time. */
export async function* lettersOf(log: EventLog, { reason, topic, at }: Choice): AsyncGenerator<PlacedLetter> {
  const ranges = await log.ranges("dead-letters");
  const readings = ranges.map(({ partition, start }) => log.read("dead-letters", partition, start));
  for await (const record of mergedByTime(readings)) {
    const { partition, offset } = record;
    const letter = record.value === null ? null : decodedOrNull(codec, record.value);
    if (record.value !== null && letter === null) notePassedOver(log, record, "it is no dead letter");
    if (letter === null) continue;
    if (reason !== undefined && letter.reason !== reason) continue;
    if (topic !== undefined && letter.topic !== topic) continue;
    if (at.length > 0 && !at.some((place) => place.partition === partition && place.offset === offset)) continue;
    yield { place: { partition, offset }, letter };
  }
}

/** The record itself stays out of a list. */
export function letterJson({ place, letter }: PlacedLetter) {
  const { topic, partition, offset, atMs, reason, detail, key, value, valueBytes, valueHash } = letter;
  return {
    at: placeText(place),
    reason,
    detail,
    topic,
    partition,
    offset,
    atMs,
    key: key === null ? null : Buffer.from(key).toString("utf8"),
    bytes: valueBytes ?? value?.length ?? 0,
    sha256: valueHash === null ? null : Buffer.from(valueHash).toString("hex"),
  };
}

export function placeText({ partition, offset }: LetterPlace): string {
  return `${partition}@${offset}`;
}
