// Ids: whatever names something is bounded where it enters, so that what is made of it (keys, rows, messages) is bounded.

/** Longest id or name, in UTF-8 bytes: of users, sessions, outcomes, decisions, commands, campaigns, releases, rewards. */
export const MAX_ID_BYTES = 256;

/** What is wrong with an id; null when nothing is. */
export function idBreach(field: string, id: string): string | null {
  if (id.length === 0) return `${field}: empty`;
  if (id.length * 3 <= MAX_ID_BYTES) return null;
  const bytes = Buffer.byteLength(id);
  return bytes <= MAX_ID_BYTES ? null : `${field}: ${bytes} bytes, at most ${MAX_ID_BYTES}`;
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
