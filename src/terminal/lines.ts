// Lines
// A stream's lines, in batches as they arrive: what has come is handed on at once, so that a slow producer's line does not
// wait for the next, and a fast one's go together.

import type { Readable } from "node:stream";
import { InvalidInput } from "../domain/campaign/campaign.ts";

/** Longer than any record; what goes on for so long without an end is no file of lines. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** UTF-8; the last line may lack its end. */
export async function* linesOf(stream: Readable): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    const end = rest.lastIndexOf("\n");
    if (end < 0 && rest.length > LONGEST_LINE) throw new InvalidInput(`a line of more than ${LONGEST_LINE} characters`);
    if (end < 0) continue;
    const lines = rest.slice(0, end).split("\n");
    rest = rest.slice(end + 1);
    yield lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield [rest];
}
