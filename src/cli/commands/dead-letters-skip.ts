// stipend dead-letters skip: pass over one record that an allocator cannot get past.

import { InvalidInput } from "../../domain/campaign.ts";
import { deadLetterOf } from "../../domain/dead-letter.ts";
import { codecFor, schemaCodec } from "../../log/codec/codec.ts";
import { AlreadyRunning, type TaskKind } from "../../log/event-log.ts";
import { serveKind, treasuryKind } from "../../log/topics.ts";
import type { ControlRecord } from "../../task/cycle/control-record.ts";
import { NotNext, passOver } from "../../task/cycle/pass-over.ts";
import { defineCommand } from "../command.ts";
import { CHECK_FAILED, DONE } from "../../terminal/context.ts";
import { placeText } from "../../workflows/topics/dead-letters.ts";
import { asPlace } from "../dead-letter-options.ts";
import { withLog } from "../../workflows/connect/open-log.ts";
import { required, withDefault } from "../options.ts";
import { asDuration, asText } from "../../settings/parse.ts";

export const command = defineCommand({
  summary: "pass over one record that an allocator cannot get past",
  description:
    "No record should stop a task. When one does all the same, the allocator ends and names it, with its topic, partition and " +
    "offset, and ends at it again after each start. This moves the position of that task behind it, keeps the record as a dead " +
    "letter with the reason skipped, and does nothing else. It takes the task over for a moment: stop every allocator first. " +
    "Money that the record would have moved is not moved; tell us of the record.",
  examples: ["stipend dead-letters skip --topic sessions --at 3@1234"],
  options: {
    topic: required("topic", "where the record is", asText),
    at: required("place", "its place, partition@offset", asPlace),
    timeout: withDefault("duration", "how long to wait for the partition, such as 30s", asDuration, 60_000),
  },
  async run(context, { topic, at, timeout }) {
    const { config, output, newId, nowMs } = context;
    const kind = kindOf(topic, config.application);
    return await withLog(context, async (log) => {
      const users = (await log.ranges("dead-letters")).length;
      try {
        await passOver({
          ...{ log, kind, topic, ...at, newLineage: newId, patienceMs: timeout },
          codec: schemaCodec<ControlRecord>("control-record"),
          nowMs: nowMs(),
          letter(record) {
            const letter = deadLetterOf(record, "skipped", "passed over by hand", nowMs());
            const value = codecFor("dead-letters").encode(letter);
            return { topic: "dead-letters", partition: at.partition % users, key: letter.key, value };
          },
        });
      } catch (error) {
        if (error instanceof AlreadyRunning)
          throw new InvalidInput(`an allocator is running: stop it first (${error.message})`);
        if (!(error instanceof NotNext)) throw error;
        output.note(error.message);
        return CHECK_FAILED;
      }
      output.result({ topic, ...at, kind: kind.kind }, () => `${kind.kind} goes on behind ${topic} ${placeText(at)}`);
      return DONE;
    });
  },
});

function kindOf(topic: string, application: string): TaskKind {
  const kinds = [serveKind(application), treasuryKind(application)];
  const found = kinds.find(({ inputs }) => inputs.includes(topic));
  if (found !== undefined) return found;
  const inputs = kinds.flatMap((kind) => kind.inputs).join(", ");
  throw new InvalidInput(`--topic: no task reads ${topic}; there are ${inputs}`);
}
