// Ids: whatever names something is bounded where it enters, so that what is made of it (keys, rows, messages) is bounded.

import { sha256Hex } from "./canonical.ts";

/** Longest id or name, in UTF-8 bytes: of users, sessions, outcomes, decisions, commands, campaigns, releases, rewards. */
export const MAX_ID_BYTES = 256;

/** What is wrong with an id; null when nothing is. */
export function idBreach(field: string, id: string): string | null {
  if (id.length === 0) return `${field}: empty`;
  if (id.length * 3 <= MAX_ID_BYTES) return null;
  const bytes = Buffer.byteLength(id);
  return bytes <= MAX_ID_BYTES ? null : `${field}: ${bytes} bytes, at most ${MAX_ID_BYTES}`;
}

/** Longest line that a person writes, such as a command's reason, in UTF-8 bytes. */
export const MAX_LINE_BYTES = 1_024;

/** Control characters, ends of lines, halves of characters, and what turns the direction of writing: a terminal obeys what it reads. */
export const UNPRINTABLE = String.raw`\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff`;
const HAS_UNPRINTABLE = new RegExp(`[${UNPRINTABLE}]`, "u");

/** What is wrong with a line that is shown to people as it is; null when nothing is. */
export function lineBreach(field: string, line: string, most: number): string | null {
  if (line.trim() === "") return `${field}: empty`;
  const bytes = Buffer.byteLength(line);
  if (bytes > most) return `${field}: ${bytes} bytes, at most ${most}`;
  return HAS_UNPRINTABLE.test(line) ? `${field}: has control characters or ends of lines` : null;
}

/** Whether a record's key is this id. */
export function keyIs(key: Uint8Array | null, id: string): boolean {
  if (key === null) return false;
  // Plain ids, which nearly all are, are compared without making a string.
  for (let index = 0; index < id.length; index += 1) {
    const unit = id.charCodeAt(index);
    if (unit > 0x7f) return Buffer.from(id).equals(key);
    if (key[index] !== unit) return false;
  }
  return key.length === id.length;
}

/** Of `d-`, and of the prefixes of what is named after a decision. */
export const ID_PREFIX_BYTES = 2;

/** The decision of a session: `d-<session id>`; a session id that leaves no room for the prefix goes in as its hash. */
export function decisionIdOf(sessionId: string): string {
  const most = MAX_ID_BYTES - ID_PREFIX_BYTES;
  const fits = sessionId.length * 3 <= most || Buffer.byteLength(sessionId) <= most;
  return `d-${fits ? sessionId : sha256Hex(sessionId)}`;
}
