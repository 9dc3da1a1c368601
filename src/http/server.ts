// Server
// What every HTTP door of the house is built on: Fastify with bounds on all that a client can send, the check of the Host on
// loopback, tokens with scopes, TLS, requests checked by zod schemas, and errors in one form (problem.ts). A route says
// in its `config` which scope it needs.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
  type RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { z } from "zod";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import { describeIssues } from "../domain/reading/issues.ts";
import { utf8Text } from "../domain/reading/utf8.ts";
import { within } from "../domain/within.ts";
import { beforePort, CannotListen, isLoopback } from "./address.ts";
import { KnownMethods } from "./methods.ts";
import { Problem } from "./problem.ts";
import { problemOf, refuseConnection } from "./refused.ts";
import type { Caller, Scope, Tokens } from "./tokens.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Left out: anybody may. */
    readonly scope?: Scope;
  }
  interface FastifyRequest {
    /** Whose token it came with; null where no tokens are asked for, or on a route for anybody. */
    caller: Caller | null;
  }
}

export interface HttpSettings {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Null: nobody is asked who they are; allowed on loopback only. */
  readonly tokens: Tokens | null;
  /** A certificate and its key, PEM; null: plain HTTP, behind a proxy that has them. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** What went wrong on our side; the client is told no more than that it did. */
  readonly onTrouble: (text: string) => void;
  readonly bounds?: Partial<typeof BOUNDS>;
}

const BOUNDS = {
  bodyBytes: 64 * 1_024,
  headerBytes: 8_192,
  connections: 1_024,
  /** For the whole of a request to come in, and for answers to be given before the door closes. */
  requestMs: 10_000,
  /** Of a connection on which nothing moves. */
  idleMs: 75_000,
};

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Routes are added to it; then `listen`. Throws InvalidInput when the settings would let strangers in. */
export function createHttp(settings: HttpSettings): HttpApp {
  const { host, tokens, tls } = settings;
  const local = isLoopback(host);
  if (!local && tokens === null)
    throw new InvalidInput(
      `${host} is no loopback address: whoever reaches it could use it; give a token file, or listen on 127.0.0.1`,
    );
  const bounds = { ...BOUNDS, ...settings.bounds };
  const node = {
    maxHeaderSize: bounds.headerBytes,
    headersTimeout: Math.min(5_000, bounds.requestMs),
    connectionsCheckingInterval: 1_000,
  };
  const app = Fastify({
    ...(tls === null ? { http: node } : { https: { ...node, ...tls } }),
    bodyLimit: bounds.bodyBytes,
    requestTimeout: bounds.requestMs,
    connectionTimeout: bounds.idleMs,
    keepAliveTimeout: bounds.idleMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1_024 },
    frameworkErrors: (error, _request, reply) => void tell(problemOf(error, bounds.bodyBytes), reply),
    clientErrorHandler: refuseConnection,
    // Node's http or https: routes need not know which.
  }) as unknown as HttpApp;
  // Text is no JSON; and a browser sends it from any page without asking first.
  app.removeContentTypeParser("text/plain");
  // `__proto__` in a body is an error of the client's.
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    const text = utf8Text(body);
    if (text === null) return done(new Problem(400, "invalid", "expected UTF-8", { field: "body" }));
    return parseJson(request, text, done);
  });
  app.server.maxConnections = bounds.connections;
  app.setValidatorCompiler(byZod);
  // An answer's type is checked when it is compiled; to parse it once more would cost what parsing the request does.
  app.setSerializerCompiler(() => JSON.stringify);
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request) => {
    if (local && !isLoopback((request.headers.host ?? "").replace(/:\d*$/, "")))
      throw new Problem(421, "wrong_host", "this port answers to localhost and loopback addresses only");
    request.caller = admitted(request, tokens);
  });
  const underWay = new Set<ServerResponse>();
  app.addHook("onRequest", async (_request, { raw }) => {
    underWay.add(raw);
    raw.once("close", () => underWay.delete(raw));
  });
  // Who waits for an answer has it first; who comes now is told to come again elsewhere.
  app.addHook("preClose", async () => {
    const answers = [...underWay].map(async (raw) => void (await once(raw, "close")));
    await within(Promise.all(answers), bounds.requestMs);
  });
  const known = new KnownMethods();
  app.addHook("onRoute", ({ url, method }) => known.add(url, method));
  // Before a body is read, and after what other hooks say of every answer.
  app.addHook("preParsing", async (request) => {
    if (request.is404) throw nowhere(request, known.of(request.url));
  });
  app.setNotFoundHandler((request) => {
    throw nowhere(request, []);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error, request.routeOptions.bodyLimit ?? bounds.bodyBytes);
    if (problem.status >= 500 && !(error instanceof Problem))
      settings.onTrouble(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await tell(problem, reply);
  });
  return app;
}

function nowhere({ method, url }: FastifyRequest, allow: readonly string[]): Problem {
  const asked = `${method} ${url.slice(0, 200)}`;
  if (allow.length === 0) return new Problem(404, "not_found", `there is no ${asked}`);
  return new Problem(405, "wrong_method", `there is no ${asked}: expected ${allow.join(" or ")}`, { allow });
}

async function tell(problem: Problem, reply: Pick<FastifyReply, "header" | "code">): Promise<void> {
  const { retryAfter, allow } = problem.details;
  if (retryAfter !== undefined) void reply.header("retry-after", String(retryAfter));
  if (allow !== undefined) void reply.header("allow", allow.join(", "));
  if (problem.status === 401) void reply.header("www-authenticate", "Bearer");
  await reply
    .code(problem.status)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(problem.body());
}

/** Its address, `http://host:port`; rejects with CannotListen when the port cannot be had. */
export async function listen(app: HttpApp, { host, port, tls }: HttpSettings): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new CannotListen(host, port, error);
  }
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error(`no port on ${host}`);
  return `${tls === null ? "http" : "https"}://${beforePort(host)}:${address.port}`;
}

function admitted(request: FastifyRequest, tokens: Tokens | null): Caller | null {
  const { scope } = request.routeOptions.config;
  if (tokens === null || scope === undefined) return null;
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const caller = token === undefined ? null : tokens.callerOf(token);
  if (caller === null)
    throw new Problem(401, "unauthorized", "expected the header Authorization: Bearer TOKEN with a token of the file");
  if (!caller.scopes.has(scope)) throw new Problem(403, "forbidden", `this token lacks the scope ${scope}`);
  return caller;
}

/** Of a body, parameters or a query; the first thing wrong is named. */
const byZod: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    const parsed = schema.safeParse(data);
    if (parsed.success) return { value: parsed.data };
    const where = httpPart ?? "request";
    const [line = ""] = describeIssues(where, parsed.error, data).split("\n");
    const [, field, text] = /^\w+: (?:([^\s:]+): )?(.*)$/s.exec(line) ?? [];
    return { error: new Problem(400, "invalid", text ?? line, { field: field ?? where }) };
  };
