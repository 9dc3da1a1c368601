// Token: whose the requests are. It is kept for this tab only, and sent as a header, never in an address.

const KEY = "stipend-token";
const watchers = new Set<() => void>();

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function setToken(value: string | null): void {
  if (value === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, value);
  for (const told of watchers) told();
}

/** Told at each change, until the answer is called. */
export function watchToken(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

/** What no header carries is nobody's token: the server says so. */
export function authorization(): Record<string, string> {
  const value = token();
  return value === null || !/^[!-~]+$/.test(value) ? {} : { authorization: `Bearer ${value}` };
}
