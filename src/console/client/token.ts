// Token: whose the requests are. It is kept for this tab only, and sent as a header, never in an address.

const KEY = "stipend-token";

function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function authorization(): Record<string, string> {
  const value = token();
  return value === null ? {} : { authorization: `Bearer ${value}` };
}
