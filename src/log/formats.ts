// Formats
// Keeps an older version from misreading a record of a newer one: the header `stipend-needs` names the least format that
// understands it, and the version that wrote it. Format 1 has no header.
//
// Invariants:
//   F1. The header counts only on topics that programs of ours alone may write (`format` in topics.ts): whoever else writes
//       there has the money in hand anyway. On a producer's topics it means nothing, so that no session can hold a partition.
//   F2. A task holds at such a record (verdict retry), before anything of its batch is done; other partitions go on.
//   F3. Whoever reads from outside of a task passes over it and says so.

import { withEdge } from "./edge.ts";
import { NewerFormat, type EventLog, type LogRecord, type OutRecord } from "./event-log.ts";
import { TOPICS } from "./topics.ts";

export const NEEDS_HEADER = "stipend-needs";

/** By topic, what is written there. */
export type Formats = Readonly<Record<string, number>>;

export const FORMATS: Formats = Object.fromEntries(
  Object.entries(TOPICS).flatMap(([topic, row]) => ("format" in row ? [[topic, row.format]] : [])),
);

export interface Speaker {
  readonly formats: Formats;
  /** For people: which version to install is said by what wrote the record. */
  readonly version: string;
}

/** The log as a version of these formats writes and reads it. */
export function withFormats<L extends EventLog>(log: L, { formats, version }: Speaker): L {
  const speaks = Math.max(...Object.values(formats));
  return withEdge(log, {
    inbound: (records) =>
      records.some(({ headers }) => headers[NEEDS_HEADER] !== undefined)
        ? records.map((record) => judged(record, formats, speaks))
        : records,
    outbound: (records) => records.map((record) => marked(record, formats[record.topic] ?? 1, version)),
  });
}

function marked(record: OutRecord, format: number, version: string): OutRecord {
  if (format === 1 || record.headers?.[NEEDS_HEADER] !== undefined) return record;
  return { ...record, headers: { ...record.headers, [NEEDS_HEADER]: Buffer.from(`${format} ${version}`) } };
}

const NEEDS = /^([1-9]\d{0,5}) ([\w.+-]{1,40})$/;

function judged(record: LogRecord, formats: Formats, speaks: number): LogRecord {
  const { topic, partition, offset, headers } = record;
  const header = headers[NEEDS_HEADER];
  if (header === undefined || !Object.hasOwn(formats, topic)) return record;
  const [, needs, version] = NEEDS.exec(Buffer.from(header).toString("latin1")) ?? [];
  if (needs === undefined || Number(needs) <= speaks) return record;
  const newer = new NewerFormat(
    `partition ${partition} of ${topic} holds: the record at offset ${offset} needs Stipend format ${needs}, this one speaks ` +
      `${speaks}: upgrade it (Stipend ${version} wrote the record)`,
    Number(needs),
  );
  return { ...record, newer };
}
