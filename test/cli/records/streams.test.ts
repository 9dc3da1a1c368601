// What lies under send and tail: lines out of any chunks, and partitions into one sequence by time.

import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "../../../src/terminal/lines.ts";
import { mergedByTime } from "../../../src/workflows/topics/merge.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("lines come whole and in order, wherever the chunks were cut, also within a letter", async () => {
  const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.boolean(),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      async (lines, closed, cuts) => {
        const bytes = Buffer.from(lines.join("\n") + (closed && lines.length > 0 ? "\n" : ""));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length;) {
          const size = cuts.next().value ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const got = (await all(linesOf(Readable.from(chunks, { objectMode: false })))).flat();
        // Without a last line end, an empty last line is none.
        const expected = closed || lines.at(-1) !== "" ? lines : lines.slice(0, -1);
        expect(got).toEqual(expected);
      },
    ),
  );
});

test("a line that is no UTF-8 is told from the lines beside it, and a byte order mark is no part of the first", async () => {
  const bytes = Buffer.concat([Buffer.from("\ufeffone\n"), Buffer.from("Müller\n", "latin1"), Buffer.from("Möller\n")]);
  for (const size of [1, 5, 100]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect((await all(linesOf(Readable.from(chunks, { objectMode: false })))).flat()).toEqual(["one", null, "Möller"]);
  }
});

test("a line without an end that is longer than any record is refused, and not gathered for ever", async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield "x".repeat(16 * 1024 * 1024);
    })(),
  );
  await expect(all(linesOf(endless))).rejects.toThrow(/a line of more than \d+ bytes/);
});

test("partitions are merged by time; each keeps its own order, whatever its times say", async () => {
  const times = fc.array(fc.array(fc.nat(50), { maxLength: 20 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1, max: 4 }), async (partitions, size) => {
      const logs = partitions.map((of, partition) =>
        of.map((timestampMs, offset) => recordAt(partition, offset, timestampMs)),
      );
      const merged = await all(mergedByTime(logs.map((records) => batches(records, size))));
      expect(merged).toHaveLength(logs.flat().length);
      logs.forEach((records, partition) =>
        expect(merged.filter((record) => record.partition === partition)).toEqual(records),
      );
      if (partitions.every((of) => of.every((time, index) => index === 0 || time >= (of[index - 1] ?? 0)))) {
        const seen = merged.map(({ timestampMs }) => timestampMs);
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      }
    }),
  );
});

test("a reader that stops early lets go of every partition", async () => {
  let open = 0;
  const endless = async function* () {
    open += 1;
    try {
      for (let offset = 0; ; offset += 1) yield [recordAt(0, offset, offset)];
    } finally {
      open -= 1;
    }
  };
  for await (const record of mergedByTime([endless(), endless(), endless()])) if (record.offset === 5) break;
  expect(open).toBe(0);
});

function recordAt(partition: number, offset: number, timestampMs: number): LogRecord {
  return { topic: "sessions", partition, offset, timestampMs, key: null, value: null, headers: {} };
}

async function* batches(records: readonly LogRecord[], size: number): AsyncGenerator<readonly LogRecord[]> {
  for (let at = 0; at < records.length; at += size) yield records.slice(at, at + size);
}
