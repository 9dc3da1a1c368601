// HTTP
// One port for what runs the allocator: /healthz says that the process answers, /readyz that every task runs, /metrics
// what Prometheus reads.
//
// Invariants:
//   1. It only tells; nothing can be changed through it.
//   2. Whoever can reach the port can send it anything: no request ends the process, and none holds more than a connection,
//      a header of 8 KiB and a few seconds.

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { errorMessage } from "../domain/error-message.ts";
import { beforePort, CannotListen, isLoopback } from "../http/address.ts";
import type { Condition } from "./conditions.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, "scrape">;
  readonly conditions: () => readonly Condition[];
}

export interface HttpServer {
  /** `http://host:port` */
  readonly address: string;
  close(): Promise<void>;
}

const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} satisfies ServerOptions;
const MAX_CONNECTIONS = 64;
/** Of a connection on which nothing moves, in either direction. */
const IDLE_MS = 15_000;

/** Rejects with CannotListen when the port cannot be had. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const local = isLoopback(options.host);
  const server = createServer(LIMITS, (request, response) => {
    respond(request, response, options, local).catch((error: unknown) =>
      refuse(response, 500, `${errorMessage(error)}\n`),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(IDLE_MS);
  const port = await listening(server, options);
  // What it meets later (no file handles left, say) concerns one connection.
  server.on("error", () => undefined);
  return {
    address: `http://${beforePort(options.host)}:${port}`,
    close: async () =>
      await new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * On loopback the Host must be loopback too, so that no page in a browser on the same machine reaches the port through a name
 * of its own (DNS rebinding).
 */
async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
  local: boolean,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(response.setHeader("allow", "GET, HEAD"), 405, "GET or HEAD only\n");
  if (request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) !== 0)
    return refuse(response, 413, "a request here has no body\n");
  const host = request.headers.host ?? "";
  if (local && !isLoopback(host.replace(/:\d*$/, "")))
    return refuse(response, 421, "this port answers to localhost and loopback addresses only\n");
  await route(pathOf(request.url ?? "/"), options, response);
}

/** Of what a client may ask for: `/path?query`, or a whole URL as proxies do. `//` is a path too. */
function pathOf(target: string): string {
  return target.startsWith("/") ? target.replace(/[?#].*$/s, "") : (URL.parse(target)?.pathname ?? "");
}

async function route(path: string, { metrics, conditions }: HttpOptions, response: ServerResponse): Promise<void> {
  switch (path) {
    case "/healthz":
      return answer(response, 200, "ok\n");
    case "/readyz":
      return answer(response, ...readiness(conditions()));
    case "/metrics": {
      const { text, contentType } = await metrics.scrape();
      return answer(response, 200, text, contentType);
    }
    default:
      return answer(response, 404, "there is /healthz, /readyz and /metrics\n");
  }
}

/** What blocks comes first, each in a line of its own; `ready` when nothing does, with the warnings below it. */
function readiness(conditions: readonly Condition[]): [status: number, text: string] {
  const blocking = conditions.filter(({ blocks }) => blocks);
  const lines = [
    ...(blocking.length === 0 ? ["ready"] : blocking.map(({ text }) => text)),
    ...conditions.flatMap(({ blocks, text }) => (blocks ? [] : [`warning: ${text}`])),
  ];
  return [blocking.length === 0 ? 200 : 503, `${lines.map(plain).join("\n")}\n`];
}

/** An error's text may hold anything; a line is a line. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type }).end(text);
}

/** The connection is closed, so that nothing that follows on it is read. */
function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) response.destroy();
  else answer(response.setHeader("connection", "close"), status, text);
}

async function listening(server: Server, { host, port }: HttpOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new CannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`no port on ${host}`);
  return address.port;
}
