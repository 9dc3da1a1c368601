// Tokens
// Who may do what over HTTP. A file has a line for each token: a name that stands for it in records, its scopes with commas
// between them, and the token. It is read again when it has changed, so that a token can be withdrawn without a restart.

import { hash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import { cut } from "../domain/reading/shown.ts";
import { utf8Text, withoutByteOrderMark } from "../domain/reading/utf8.ts";
import { errorMessage } from "../domain/error-message.ts";

/** decide: ask for decisions, tell outcomes and profiles. read: look at what is recorded. command: steer campaigns. */
export const SCOPES = ["decide", "read", "command"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

export interface Tokens {
  /** Whose token it is; null: nobody's. */
  callerOf(token: string): Caller | null;
}

/** Shorter ones can be guessed. */
const SHORTEST = 16;
/** What every client sends alike. */
const IN_A_HEADER = /^[!-~]+$/;

interface Entry extends Caller {
  readonly digest: Uint8Array;
}

/** Throws InvalidInput that names the line; never says a token. */
export function parseTokens(text: string, file: string): Tokens {
  const entries: Entry[] = [];
  for (const [index, typed] of text.split(/\r?\n/).entries()) {
    const line = typed.trim();
    if (line === "" || line.startsWith("#")) continue;
    entries.push(entryOf(line, `${file}: line ${index + 1}`));
  }
  if (entries.length === 0) throw new InvalidInput(`${file}: no token in it: expected lines of NAME SCOPE,… TOKEN`);
  return { callerOf: (token) => match(entries, token) };
}

function entryOf(line: string, where: string): Entry {
  const [name = "", scopeList = "", token = "", ...rest] = line.split(/\s+/);
  if (token === "" || rest.length > 0) throw new InvalidInput(`${where}: expected NAME SCOPE,… TOKEN`);
  const scopes = scopeList.split(",").map((typed) => {
    const scope = SCOPES.find((one) => one === typed);
    if (scope === undefined)
      throw new InvalidInput(`${where}: expected scopes of ${SCOPES.join(", ")}, got "${cut(typed)}"`);
    return scope;
  });
  if (!IN_A_HEADER.test(token))
    throw new InvalidInput(
      `${where}: a token has letters, digits and signs of ASCII alone: a header carries no others`,
    );
  if (token.length < SHORTEST) throw new InvalidInput(`${where}: a token has at least ${SHORTEST} characters`);
  return { name, scopes: new Set(scopes), digest: digestOf(token) };
}

/** All are compared, and by digests of one length: how long it takes tells neither how much of a token fits, nor whose. */
function match(entries: readonly Entry[], token: string): Caller | null {
  const digest = digestOf(token);
  let found: Entry | null = null;
  for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
  return found;
}

function digestOf(token: string): Uint8Array {
  return hash("sha256", token, "buffer");
}

const LOOK_MS = 1_000;

/**
 * The tokens of a file, as they are at most a second later than it. Throws InvalidInput where it cannot be used at the start;
 * later it is said, and what was read before holds.
 */
export function tokenFile(file: string, elapsedMs: () => number, onTrouble: (text: string) => void): Tokens {
  const read = (): Tokens => {
    const text = utf8Text(readFileSync(file));
    if (text === null) throw new InvalidInput(`${file}: it is not UTF-8`);
    return parseTokens(withoutByteOrderMark(text), file);
  };
  const changed = (): string => {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  };
  let mark = "";
  let tokens: Tokens;
  let lookAtMs = elapsedMs() + LOOK_MS;
  try {
    mark = changed();
    tokens = read();
  } catch (error) {
    throw error instanceof InvalidInput ? error : new InvalidInput(`the token file: ${errorMessage(error)}`);
  }
  const look = (): void => {
    lookAtMs = elapsedMs() + LOOK_MS;
    try {
      const now = changed();
      if (now === mark) return;
      mark = now;
      tokens = read();
    } catch (error) {
      onTrouble(`the token file was not read again, and what it had holds: ${errorMessage(error)}`);
    }
  };
  return {
    callerOf(token) {
      if (elapsedMs() >= lookAtMs) look();
      return tokens.callerOf(token);
    },
  };
}
