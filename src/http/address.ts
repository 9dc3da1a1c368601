// Address: what a host's name tells.

/** Whether only this machine reaches an address of this name; with or without an IPv6 address' brackets. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** As it stands before the colon of a port: an IPv6 address has brackets there. */
export function beforePort(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
