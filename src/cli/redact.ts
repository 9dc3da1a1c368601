// Redact
// Takes secrets out of a text that is about to be said: the user and password of any URL, and the values of the settings
// that are secrets, wherever they stand.

/** Shorter ones are in too many words, and are no secrets. */
const LEAST_SECRET = 4;

export function redactor(secrets: readonly (string | null)[]): (text: string) => string {
  const known = secrets
    .filter((secret): secret is string => secret !== null && secret.length >= LEAST_SECRET)
    .flatMap((secret) => [secret, encodeURIComponent(secret)]);
  return (text) => {
    let clean = text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, "$1***@");
    for (const secret of known) clean = clean.replaceAll(secret, "***");
    return clean;
  };
}
