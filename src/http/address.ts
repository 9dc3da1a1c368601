// Address: what a host's name tells, and that a door could not be opened at one.

import { InvalidInput } from "../domain/campaign/campaign.ts";
import { errorMessage } from "../domain/error-message.ts";

/** Another address than the one that was asked for has to be named. */
export class CannotListen extends InvalidInput {
  override name = "CannotListen";
  /** Somebody else has the port. */
  readonly isTaken: boolean;

  constructor(host: string, port: number, cause: unknown) {
    super(`cannot listen on ${beforePort(host)}:${port}: ${errorMessage(cause)}`);
    this.cause = cause;
    this.isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
  }
}

/** Whether only this machine reaches an address of this name; with or without an IPv6 address' brackets. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** As it stands before the colon of a port: an IPv6 address has brackets there. */
export function beforePort(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
