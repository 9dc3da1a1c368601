// HTTP
// One port for what runs the allocator: /healthz says that the process answers, /readyz that every task runs, /metrics
// what Prometheus reads. It only tells; nothing can be changed through it.

import { createServer, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";

export interface TaskReadiness {
  readonly kind: string;
  readonly partition: number;
  readonly state: string;
}

export interface HttpOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly metrics: Pick<Metrics, "scrape">;
  /** Null while the allocator has not joined yet. */
  readonly tasks: () => readonly TaskReadiness[] | null;
}

export interface HttpServer {
  /** `http://host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** Rejects when the port cannot be had, with the address in the message. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "GET or HEAD only\n");
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    route(path, options, response).catch((error: unknown) =>
      answer(response, 500, `${error instanceof Error ? error.message : String(error)}\n`),
    );
  });
  const port = await listening(server, options);
  return {
    address: `http://${options.host}:${port}`,
    close: async () =>
      await new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(path: string, { metrics, tasks }: HttpOptions, response: ServerResponse): Promise<void> {
  switch (path) {
    case "/healthz":
      return answer(response, 200, "ok\n");
    case "/readyz": {
      const all = tasks();
      const waiting = all?.filter(({ state }) => state !== "running") ?? [];
      const text = all === null ? "not joined yet\n" : waiting.map(said).join("") || "ready\n";
      return answer(response, all !== null && waiting.length === 0 ? 200 : 503, text);
    }
    case "/metrics": {
      const { text, contentType } = await metrics.scrape();
      return answer(response, 200, text, contentType);
    }
    default:
      return answer(response, 404, "there is /healthz, /readyz and /metrics\n");
  }
}

function said({ kind, partition, state }: TaskReadiness): string {
  return `${kind} ${partition} is ${state}\n`;
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type }).end(text);
}

async function listening(server: Server, { host, port }: HttpOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`cannot listen on ${host}:${port}: ${error.message}`)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`no port on ${host}`);
  return address.port;
}
