// stipend send: JSON lines onto a topic, each checked against its schema.
//
// At a bad line it stops and names the line by number and field: the lines before it are on the log and none after it, so that
// the rest can be sent once the line is right. With --keep-going only the bad lines are left out; either way it exits with 1.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { errorMessage } from "../../../domain/error-message.ts";
import type { EventLog, OutRecord } from "../../../log/event-log.ts";
import type { Placement } from "../../../log/partitioner.ts";
import { placementOf } from "../../../log/placement.ts";
import { defineCommand } from "../../command.ts";
import { CHECK_FAILED, DONE, type Context } from "../../../terminal/context.ts";
import { linesOf, type Lines } from "../../../terminal/lines.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { flag, option, required } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import { recordFrom, sendable, type SendableTopic } from "../../../log/codec/sending.ts";

export const command = defineCommand({
  summary: "put JSON lines on a topic, each checked against its schema",
  description:
    "Reads one JSON object a line from stdin or --file. Money is an integer of minor units, times are milliseconds or " +
    "ISO 8601 with an offset, bytes are hex. The key is taken from the record, as the topic asks. At a bad line it stops: " +
    "all lines before it are on the log, none after it; --keep-going leaves the bad lines out instead. A profile whose " +
    "attributes are null is deleted.",
  examples: [
    `echo '{"sessionId":"s-1","userId":"u-1","atMs":"2026-05-01T12:00:00Z","surface":"app","campaign":null,"attributes":{"visits":3}}' | stipend send sessions`,
    `echo '{"userId":"u-1","attributes":null}' | stipend send profiles`,
    "stipend send outcomes --file outcomes.jsonl --keep-going",
  ],
  arguments: { topic: required("topic", "sessions, outcomes, profiles, budget-pacing", asText) },
  options: {
    file: option("file", "read from this file (default: stdin)", asText),
    keepGoing: flag("leave bad lines out and send the rest"),
    force: flag("also to topics that only the allocator writes"),
  },
  endsBySignal: true,
  async run(context, { topic: named, file, keepGoing, force }) {
    const topic = sendable(named, force);
    const source = await openSource(context, file);
    return await withLog(context, async (log) => {
      const placement = await placementOf(log, topic);
      const sending = new Sending(context, { log, topic, placement, keepGoing });
      await sending.all(source);
      context.output.result(sending.json(), () => sending.text());
      return sending.refused > 0 ? CHECK_FAILED : DONE;
    });
  },
});

interface Source {
  readonly stream: Readable;
  /** Null when it is not known. */
  readonly bytes: number | null;
}

async function openSource({ stdin, output }: Context, file: string | undefined): Promise<Source> {
  if (file === undefined) {
    if (stdin.isTTY === true) output.note("reading JSON lines from the terminal; Ctrl-D ends");
    return { stream: stdin, bytes: null };
  }
  const found = await stat(file).catch((error: Error) => {
    throw new InvalidInput(`--file: ${error.message}`);
  });
  if (!found.isFile()) throw new InvalidInput(`--file: ${file} is no file`);
  return { stream: createReadStream(file), bytes: found.size };
}

class Sending {
  readonly #context: Context;
  readonly #to: {
    readonly log: EventLog;
    readonly topic: SendableTopic;
    readonly placement: Placement;
    readonly keepGoing: boolean;
  };
  #lines = 0;
  #bytes = 0;
  #sent = 0;
  refused = 0;

  constructor(context: Context, to: { log: EventLog; topic: SendableTopic; placement: Placement; keepGoing: boolean }) {
    this.#context = context;
    this.#to = to;
  }

  /** Until the source's end, the first bad line, or a signal; what was read by then is sent. */
  async all({ stream, bytes }: Source): Promise<void> {
    const { signal, progress } = this.#context;
    addAbortSignal(signal, stream);
    try {
      for await (const batch of linesOf(stream)) {
        await this.#send(batch);
        if (this.refused > 0 && !this.#to.keepGoing) return;
        const done = bytes === null ? 0 : this.#bytes / Math.max(1, bytes);
        progress.report(`sending to ${this.#to.topic}`, done, `${this.#sent} records`);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stream.destroy();
    }
  }

  async #send(batch: Lines): Promise<void> {
    const records: OutRecord[] = [];
    for (const line of batch) {
      this.#lines += 1;
      this.#bytes += Buffer.byteLength(line ?? "") + 1;
      if (line?.trim() === "") continue;
      const record = this.#recordOf(line);
      if (record !== null) records.push(record);
      else if (!this.#to.keepGoing) break;
    }
    try {
      await this.#to.log.send(records);
    } catch (error) {
      const message = errorMessage(error);
      throw new Error(`${this.#sent} records are on the log; of the ${records.length} after them: ${message}`, {
        cause: error,
      });
    }
    this.#sent += records.length;
  }

  #recordOf(line: string | null): OutRecord | null {
    try {
      return recordFrom(this.#to.topic, parsed(line), this.#to.placement, this.#context.nowMs());
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      this.refused += 1;
      this.#context.output.note(`line ${this.#lines}: ${error.message}`);
      return null;
    }
  }

  json() {
    return { topic: this.#to.topic, lines: this.#lines, sent: this.#sent, refused: this.refused };
  }

  text(): string {
    const { topic, keepGoing } = this.#to;
    const sent = `${this.#sent} ${this.#sent === 1 ? "record" : "records"} on ${topic}`;
    if (this.refused === 0) return sent;
    return keepGoing
      ? `${sent}; ${this.refused} bad lines left out`
      : `${sent}; stopped at line ${this.#lines}: put it right and send from there (tail -n +${this.#lines} FILE | stipend send ${topic})`;
  }
}

function parsed(line: string | null): unknown {
  if (line === null) throw new InvalidInput("not UTF-8");
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new InvalidInput(`not JSON: ${errorMessage(error)}`);
  }
}
