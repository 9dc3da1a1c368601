// Feature service: attributes of users from somewhere else, over HTTP, when there is such a service. It is never waited
// for longer than the deadline, and not asked at all while the breaker is open; without an answer the features take the
// release's defaults, and the decision is marked `degraded`.
//
// Protocol: POST <url>, content type application/json
//   asked     {"users": ["u1", "u2", …]}                      at most 500 users a request
//   answered  200 {"users": {"u1": {"ltv": 12.5, "tier": "gold"}}}   feature-answer.ts has what it may say of a
//             user; anything else is a failure of the request.

import CircuitBreaker from "opossum";
import type { FeatureHealth } from "../../domain/session/feature-health.ts";
import type { Attributes } from "../../domain/session/features.ts";
import { MAX_EVENT_BYTES } from "../../domain/session/session.ts";
import { readAnswer, type FeatureAnswer } from "./feature-answer.ts";

/** By user id, with nothing for a user that the service does not know; users without an answer are left out. */
export type FeaturesByUser = ReadonlyMap<string, Attributes>;

export interface FeatureService {
  /** Never rejects. */
  lookUp(userIds: readonly string[]): Promise<FeaturesByUser>;
  health(): FeatureHealth;
  close(): void;
}

export interface FeatureServiceOptions {
  readonly url: string;
  /** Longest wait of a cycle. */
  readonly deadlineMs: number;
  /** Share of failures, of the last ten seconds, in percent, that opens the breaker. */
  readonly openAtPercent?: number;
  /** How long it stays open before one request is let through to see. */
  readonly retryAfterMs?: number;
}

export const USERS_PER_REQUEST = 500;

const MOST_ANSWER_BYTES = USERS_PER_REQUEST * MAX_EVENT_BYTES;

export function createFeatureService(options: FeatureServiceOptions): FeatureService {
  const breaker = new CircuitBreaker(async (userIds: readonly string[]) => await request(options, userIds), {
    timeout: options.deadlineMs,
    errorThresholdPercentage: options.openAtPercent ?? 50,
    resetTimeout: options.retryAfterMs ?? 5_000,
    volumeThreshold: 3,
  });
  const count = { answered: 0, failed: 0, unsent: 0 };
  let lastFailure: string | null = null;
  const asked = async (chunk: readonly string[]): Promise<FeatureAnswer["known"] | null> => {
    try {
      const { known, fault } = await breaker.fire(chunk);
      count.answered += 1;
      if (fault !== null) lastFailure = fault;
      return known;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EOPENBREAKER") count.unsent += 1;
      else {
        count.failed += 1;
        lastFailure = failureText(error);
      }
      return null;
    }
  };
  return {
    health: () => ({ breakerOpen: breaker.opened || breaker.halfOpen, ...count, lastFailure }),
    async lookUp(userIds) {
      const found = new Map<string, Attributes>();
      await Promise.all(
        chunks(userIds).map(async (chunk) => {
          for (const [userId, attributes] of (await asked(chunk)) ?? []) found.set(userId, attributes);
        }),
      );
      return found;
    },
    close() {
      breaker.shutdown();
    },
  };
}

/** fetch says "fetch failed", and its cause why. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

function chunks(userIds: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0; from < userIds.length; from += USERS_PER_REQUEST)
    parts.push(userIds.slice(from, from + USERS_PER_REQUEST));
  return parts;
}

async function request(options: FeatureServiceOptions, userIds: readonly string[]): Promise<FeatureAnswer> {
  const response = await fetch(options.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ users: userIds }),
    signal: AbortSignal.timeout(options.deadlineMs),
    redirect: "error",
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`feature service: ${response.status}`);
  }
  return readAnswer(await textOf(response), userIds);
}

/** A service may send without an end. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error(`its answer is more than ${MOST_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
