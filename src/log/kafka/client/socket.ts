// Socket
// Opens the TCP or TLS connection to a broker. A certificate must be of an authority that is trusted, and name the host.

import net from "node:net";
import tls from "node:tls";
import { LogError } from "../../event-log.ts";
import type { KafkaTls } from "../settings.ts";
import { Disconnected } from "./errors.ts";

const CONNECT_MS = 5_000;
const KEEP_ALIVE_MS = 60_000;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Throws `LogError` for TLS settings that cannot be used, `Disconnected` for whatever else goes wrong, an abort too. */
export async function openSocket(address: Address, ssl: KafkaTls | null, abort: AbortSignal): Promise<net.Socket> {
  const socket = connectSocket(address, ssl);
  const opened = Promise.withResolvers<void>();
  const failed = (why: string, cause?: unknown): void => opened.reject(new Disconnected(why, { cause }));
  const timer = setTimeout(() => failed(`no connection within ${CONNECT_MS} ms`), CONNECT_MS);
  const aborted = (): void => failed("the connection was closed");
  abort.addEventListener("abort", aborted);
  socket
    .once(ssl === null ? "connect" : "secureConnect", opened.resolve)
    .on("error", (error) => failed(error.message, error))
    .once("close", () => failed("the broker closed the connection"));
  try {
    await opened.promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    abort.removeEventListener("abort", aborted);
  }
}

/** Not connected yet; says `connect`, or `secureConnect` with TLS. */
export function connectSocket({ host, port }: Address, ssl: KafkaTls | null): net.Socket {
  return begin({ host, port }, ssl).setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}

function begin({ host, port }: Address, ssl: KafkaTls | null): net.Socket {
  if (ssl === null) return net.connect({ host, port });
  try {
    // A server's name in the greeting is a name, never an address; the certificate is held against the host either way.
    return tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl });
  } catch (error) {
    throw new LogError(`the TLS settings cannot be used: ${String(error)}`, { cause: error });
  }
}

/** As people write it: an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** From host:port. */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, "");
  if (host === "") throw new LogError(`no host in ${JSON.stringify(text)}`);
  return { host, port: Number(text.slice(colon + 1)) };
}
