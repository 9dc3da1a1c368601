// Printable
// Text that a terminal only shows. Escape sequences in an id could move the cursor over other lines, set a title or answer
// as if it had been typed; characters that turn the direction of writing show an id as another one.

import { UNPRINTABLE } from "../domain/ids.ts";

const ANY = new RegExp(`[${UNPRINTABLE}]`, "gu");
/** A text of several lines keeps them. */
const ANY_BUT_LINES = new RegExp(`(?![\\n\\t])[${UNPRINTABLE}]`, "gu");

export function printable(text: string): string {
  return text.replace(ANY_BUT_LINES, escaped);
}

/** Of an id or a name, which belongs in one line. */
export function printableLine(text: string): string {
  return text.replace(ANY, escaped);
}

/** JSON escapes only what is below the space; the rest is escaped in its way. */
export function printableJson(json: string): string {
  return json.replace(ANY, (character) => `\\u${codeOf(character)}`);
}

function escaped(character: string): string {
  const code = codeOf(character);
  return code.startsWith("00") ? `\\x${code.slice(2)}` : `\\u${code}`;
}

function codeOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
