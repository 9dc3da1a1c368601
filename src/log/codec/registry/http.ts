// HTTP
// One request to a schema registry, and what came back: its status, its error code, its words.
//
// Invariants:
//   H1. No answer, or one that no registry would give, is `LogUnavailable`: nothing can be concluded from it.
//   H2. A password is sent and never said.

import { z } from "zod";
import { LogUnavailable } from "../../event-log.ts";

export interface RegistrySettings {
  /** Where Confluent's API begins; no slash at its end. */
  readonly url: string;
  readonly user?: { readonly name: string; readonly password: string };
}

export interface Answer {
  readonly status: number;
  /** Of an error, by Confluent's table; 0 where the answer has none. */
  readonly code: number;
  /** Of an error. */
  readonly words: string;
  readonly json: unknown;
}

export type Method = "GET" | "POST" | "PUT";

const CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
const REQUEST_MS = 5_000;
const ATTEMPTS = 3;
const PAUSE_MS = 200;

const withError = z.object({ error_code: z.int(), message: z.string() });

/** Passing trouble is tried again, shortly: a registry that restarts is back by then, or the caller holds what it has. */
export async function ask(settings: RegistrySettings, method: Method, path: string, body?: object): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(settings, method, path, body).catch((error: unknown) => messageOf(error));
    if (typeof answer !== "string" && answer.status < 500 && answer.status !== 429) return admitted(settings, answer);
    if (attempt === ATTEMPTS) throw away(settings, answer);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** For an answer that is none, and for silence with its reason. */
export function away({ url }: RegistrySettings, what: Answer | string): LogUnavailable {
  const found = typeof what === "string" ? what : `it answers ${what.status}${what.words && `, ${what.words}`}`;
  return new LogUnavailable(
    `schema registry ${url}: ${found}: check that it runs, and that SCHEMA_REGISTRY_URL is where Confluent's API begins`,
  );
}

function admitted({ url }: RegistrySettings, answer: Answer): Answer {
  if (answer.status !== 401 && answer.status !== 403) return answer;
  throw new LogUnavailable(
    `schema registry ${url}: it refuses the user (${answer.status}): check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD`,
  );
}

async function once({ url, user }: RegistrySettings, method: Method, path: string, body?: object): Promise<Answer> {
  const credentials = user && Buffer.from(`${user.name}:${user.password}`, "utf8").toString("base64");
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      accept: `${CONTENT_TYPE}, application/json`,
      "content-type": CONTENT_TYPE,
      ...(credentials === undefined ? {} : { authorization: `Basic ${credentials}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  const json = parsedOrNull(await response.text());
  const error = response.ok ? undefined : withError.safeParse(json).data;
  return { status: response.status, code: error?.error_code ?? 0, words: error?.message ?? "", json };
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** What fetch knows is in its cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
