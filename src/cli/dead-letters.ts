// Dead letters
// Which dead letters are meant: by reason, by the topic they came from, by their own place. `list` and `redrive` choose alike.

import { InvalidInput } from "../domain/campaign.ts";
import { DEAD_LETTER_REASONS, type DeadLetter } from "../domain/dead-letter.ts";
import { codecFor, decodedOrNull } from "../log/codec/codec.ts";
import { notePassedOver } from "../log/codec/reading.ts";
import type { EventLog } from "../log/event-log.ts";
import { mergedByTime } from "./merge.ts";
import { asOneOf, asText, many, option, type Parse, type ValuesOf } from "./options.ts";

export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

export const asPlace: Parse<LetterPlace> = (typed) => {
  const [, partition, offset] = /^(\d+)@(\d+)$/.exec(typed) ?? [];
  if (partition === undefined || offset === undefined)
    throw new InvalidInput(`expected partition@offset as \`dead-letters list\` shows it, got "${typed}"`);
  return { partition: Number(partition), offset: Number(offset) };
};

export const CHOICE = {
  reason: option("reason", `with this reason: ${DEAD_LETTER_REASONS.join(", ")}`, asOneOf(DEAD_LETTER_REASONS)),
  topic: option("topic", "that came from this topic", asText),
  at: many("place", "the letters at these places, partition@offset", asPlace),
} as const;

export type Choice = ValuesOf<typeof CHOICE>;

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
    if (record.value !== null && letter === null) notePassedOver(log, record);
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
