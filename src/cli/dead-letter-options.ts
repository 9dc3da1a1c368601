// Dead letter options
// Which dead letters are meant, as it is typed: `list` and `redrive` choose alike.

import { InvalidInput } from "../domain/campaign/campaign.ts";
import { DEAD_LETTER_REASONS } from "../domain/session/dead-letter.ts";
import { TOPICS } from "../log/topics.ts";
import { asOneOf, type Parse } from "../settings/parse.ts";
import type { LetterPlace } from "../workflows/topics/dead-letters.ts";
import { many, option } from "./options.ts";

export const asPlace: Parse<LetterPlace> = (typed) => {
  const [, partition, offset] = /^(\d+)@(\d+)$/.exec(typed) ?? [];
  if (partition === undefined || offset === undefined)
    throw new InvalidInput(`expected partition@offset as \`dead-letters list\` shows it, got "${typed}"`);
  return { partition: Number(partition), offset: Number(offset) };
};

export const CHOICE = {
  reason: option("reason", `with this reason: ${DEAD_LETTER_REASONS.join(", ")}`, asOneOf(DEAD_LETTER_REASONS)),
  topic: option("topic", "that came from this topic", asOneOf(Object.keys(TOPICS))),
  at: many("place", "the letters at these places, partition@offset", asPlace),
} as const;
