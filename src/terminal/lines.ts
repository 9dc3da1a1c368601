// Lines
// A stream's lines, in batches as they arrive: what has come is handed on at once, so that a slow producer's line does not
// wait for the next, and a fast one's go together.

import type { Readable } from "node:stream";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import { utf8Text, withoutByteOrderMark } from "../domain/reading/utf8.ts";

/** Longer than any record; what goes on for so long without an end is no file of lines. */
const LONGEST_LINE = 64 * 1024 * 1024;
const LINE_END = 10;

/** Null for a line that is no UTF-8; the last one may lack its end. */
export type Lines = readonly (string | null)[];

export async function* linesOf(stream: Readable): AsyncGenerator<Lines> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let isFirst = true;
  const taken = (last: Uint8Array): Lines => {
    const [first = null, ...more] = textsOf(Buffer.concat([...rest, last]));
    rest = [];
    restBytes = 0;
    const lines = [isFirst && first !== null ? withoutByteOrderMark(first) : first, ...more];
    isFirst = false;
    return lines;
  };
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as string | Uint8Array);
    const end = bytes.lastIndexOf(LINE_END);
    if (end >= 0) yield taken(bytes.subarray(0, end));
    rest.push(bytes.subarray(end + 1));
    restBytes += bytes.length - end - 1;
    if (restBytes > LONGEST_LINE) throw new InvalidInput(`a line of more than ${LONGEST_LINE} bytes`);
  }
  if (restBytes > 0) yield taken(new Uint8Array());
}

function textsOf(bytes: Buffer): (string | null)[] {
  const text = utf8Text(bytes);
  if (text !== null) return text.split("\n");
  const texts: (string | null)[] = [];
  for (let from = 0; from <= bytes.length;) {
    const at = bytes.indexOf(LINE_END, from);
    const end = at < 0 ? bytes.length : at;
    texts.push(utf8Text(bytes.subarray(from, end)));
    from = end + 1;
  }
  return texts;
}
