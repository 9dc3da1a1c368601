// Redact
// Takes secrets out of a text that is about to be said: the user and password of any URL, and the values of the settings
// that are secrets, wherever they stand.

import type { Secret } from "./secret.ts";

/** Shorter ones are in too many words, and are no secrets. */
const LEAST_SECRET = 4;

export function redactor(secrets: readonly Secret[]): (text: string) => string {
  // What a secret was before it was changed stays one.
  const known = new Set<string>();
  return (text) => {
    for (const value of secrets.map((secret) => secret.value()).filter(({ length }) => length >= LEAST_SECRET))
      known.add(value).add(encodeURIComponent(value));
    let clean = text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, "$1***@");
    for (const secret of known) clean = clean.replaceAll(secret, "***");
    return clean;
  };
}
