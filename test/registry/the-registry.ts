// Where the run's schema registry is (starts it when nobody has asked before), what any client can do with it, and a gate
// before it: a way to it that can be closed, that counts, and that asks for a user.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { inject } from "vitest";
import { must } from "../../src/domain/assert.ts";
import type { RegistryAnswer } from "./run-registry.ts";

export async function theRegistry(): Promise<string> {
  const answer = JSON.parse(await text(connect(inject("registryDesk"), "127.0.0.1"))) as RegistryAnswer;
  if ("error" in answer) throw new Error(answer.error);
  return answer.url;
}

/** Another client: only the registry's API, and none of our code. */
export async function askRegistry(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(json)}`);
  return json;
}

export async function registerSchema(url: string, subject: string, schema: object): Promise<number> {
  const path = `/subjects/${subject}/versions`;
  const answer = (await askRegistry(url, "POST", path, { schema: JSON.stringify(schema) })) as { id: number };
  return answer.id;
}

export async function schemaById(url: string, id: number): Promise<object> {
  const answer = (await askRegistry(url, "GET", `/schemas/ids/${id}`)) as { schema: string };
  return JSON.parse(answer.schema) as object;
}

export interface Gate {
  readonly url: string;
  /** Requests that passed, as `GET /schemas/ids/1`. */
  readonly passed: string[];
  /** Nothing listens any more: what a client sees of a registry that is down. */
  close(): Promise<void>;
  /** On the same port. */
  open(): Promise<void>;
}

/** In front of a registry: `stands` may answer in its stead. */
export async function openGate(
  registry: string,
  stands?: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Gate> {
  const { origin, pathname } = new URL(registry);
  const passed: string[] = [];
  let port = 0;
  let server: Server | null = null;
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    if (stands?.(request, response) === true) return;
    const path = must(request.url, "a path");
    passed.push(`${request.method} ${path.slice(pathname.length)}`);
    const answer = await fetch(`${origin}${path}`, {
      method: must(request.method, "a method"),
      headers: { "content-type": request.headers["content-type"] ?? "application/json" },
      ...(body.length === 0 ? {} : { body }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const open = async (): Promise<void> => {
    server = createServer((request, response) => void pass(request, response));
    await new Promise<void>((resolve) => server?.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  };
  await open();
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    passed,
    open,
    async close() {
      const closing = server;
      server = null;
      if (closing === null) return;
      const closed = new Promise((resolve) => closing.close(resolve));
      closing.closeAllConnections();
      await closed;
    },
  };
}
