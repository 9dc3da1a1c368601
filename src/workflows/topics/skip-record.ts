// Skip a record
// Moves the position of a task behind one record that it cannot get past, and keeps the record as a dead letter.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { deadLetterOf } from "../../domain/session/dead-letter.ts";
import { codecFor, schemaCodec } from "../../log/codec/codec.ts";
import { AlreadyRunning, type EventLog, type TaskKind } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import type { ControlRecord } from "../../task/cycle/control-record.ts";
import { NotNext, skipNextRecord } from "../../task/cycle/skip-record.ts";
import type { Context } from "../../terminal/context.ts";
import type { LetterPlace } from "./dead-letters.ts";

export interface SkipOptions {
  readonly topic: string;
  readonly at: LetterPlace;
  readonly timeoutMs: number;
}

/** The kind of task that goes on, or why it cannot: the record is not the next one that its task reads. */
export async function skipRecord(
  { config, newId, nowMs }: Pick<Context, "config" | "newId" | "nowMs">,
  log: EventLog,
  { topic, at, timeoutMs }: SkipOptions,
): Promise<{ readonly kind: string } | { readonly refused: string }> {
  const kind = kindOf(topic, config.application);
  const users = (await log.ranges("dead-letters")).length;
  try {
    await skipNextRecord({
      ...{ log, kind, topic, ...at, newLineage: newId, waitMs: timeoutMs },
      codec: schemaCodec<ControlRecord>("control-record"),
      nowMs: nowMs(),
      letter(record) {
        const letter = deadLetterOf(record, "skipped", "passed over by hand", nowMs());
        const value = codecFor("dead-letters").encode(letter);
        return { topic: "dead-letters", partition: at.partition % users, key: letter.key, value };
      },
    });
    return { kind: kind.kind };
  } catch (error) {
    if (error instanceof AlreadyRunning)
      throw new InvalidInput(`an allocator is running: stop it first (${error.message})`);
    if (error instanceof NotNext) return { refused: error.message };
    throw error;
  }
}

function kindOf(topic: string, application: string): TaskKind {
  const kinds = [serveKind(application), treasuryKind(application)];
  const found = kinds.find(({ inputs }) => inputs.includes(topic));
  if (found !== undefined) return found;
  const inputs = kinds.flatMap((kind) => kind.inputs).join(", ");
  throw new InvalidInput(`--topic: no task reads ${topic}; there are ${inputs}`);
}
