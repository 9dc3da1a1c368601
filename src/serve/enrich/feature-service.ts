// Feature service: attributes of users from somewhere else, over HTTP, when there is such a service. It is never waited
// for longer than the deadline, and not asked at all while the breaker is open; without an answer the features take the
// release's defaults, and the decision is marked `degraded`.
//
// Protocol: POST <url>, content type application/json
//   asked     {"users": ["u1", "u2", …]}                      at most 500 users a request
//   answered  200 {"users": {"u1": {"ltv": 12.5, "tier": "gold"}}}   a user it does not know is left out;
//             values are numbers, strings, booleans or null. Anything else is a failure. More than 16 KiB of one user
//             count as no answer for that user.

import CircuitBreaker from "opossum";
import { z } from "zod";
import type { Attributes } from "../../domain/features.ts";
import { MAX_EVENT_BYTES } from "../../domain/session.ts";

/** By user id, with nothing for a user that the service does not know; users without an answer are left out. */
export type External = ReadonlyMap<string, Attributes>;

export interface FeatureService {
  /** Never rejects. */
  lookUp(userIds: readonly string[]): Promise<External>;
  health(): FeatureHealth;
  close(): void;
}

export interface FeatureHealth {
  /** Requests are not sent. */
  readonly breakerOpen: boolean;
  /** Requests since the start: with an answer, without one, and not sent because the breaker was open. */
  readonly answered: number;
  readonly failed: number;
  readonly unsent: number;
  /** Why the last one failed; null when none has. */
  readonly lastFailure: string | null;
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

export const answerSchema = z.object({
  users: z.record(z.string(), z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))),
});

const NOT_KNOWN: Attributes = {};

export function createFeatureService(options: FeatureServiceOptions): FeatureService {
  const breaker = new CircuitBreaker(async (userIds: readonly string[]) => await request(options, userIds), {
    timeout: options.deadlineMs,
    errorThresholdPercentage: options.openAtPercent ?? 50,
    resetTimeout: options.retryAfterMs ?? 5_000,
    volumeThreshold: 3,
  });
  const count = { answered: 0, failed: 0, unsent: 0 };
  let lastFailure: string | null = null;
  const asked = async (chunk: readonly string[]): Promise<Map<string, Attributes> | null> => {
    try {
      const answer = await breaker.fire(chunk);
      count.answered += 1;
      return answer;
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
          const answered = await asked(chunk);
          for (const userId of answered === null ? [] : chunk) {
            const attributes = answered?.get(userId) ?? NOT_KNOWN;
            if (JSON.stringify(attributes).length <= MAX_EVENT_BYTES) found.set(userId, attributes);
          }
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
  if (error instanceof z.ZodError) return 'its answer is not {"users": {…}} of numbers, strings, booleans and nulls';
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

function chunks(userIds: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0; from < userIds.length; from += USERS_PER_REQUEST)
    parts.push(userIds.slice(from, from + USERS_PER_REQUEST));
  return parts;
}

async function request(options: FeatureServiceOptions, userIds: readonly string[]): Promise<Map<string, Attributes>> {
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
  return new Map(Object.entries(answerSchema.parse(await response.json()).users));
}
