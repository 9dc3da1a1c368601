// Feature service: attributes of users from somewhere else, over HTTP, when there is such a service. It is never waited
// for longer than the deadline, and not asked at all while the breaker is open; without an answer the features take the
// release's defaults, and the decision is marked `degraded`.
//
// Protocol: POST <url>, content type application/json
//   asked     {"users": ["u1", "u2", …]}                      at most 500 users a request
//   answered  200 {"users": {"u1": {"ltv": 12.5, "tier": "gold"}}}   a user it does not know is left out;
//             values are numbers, strings, booleans or null. Anything else is a failure.

import CircuitBreaker from "opossum";
import { z } from "zod";
import type { Attributes } from "../../domain/features.ts";

/** By user id; null when there was no answer. */
export type External = ReadonlyMap<string, Attributes> | null;

export interface FeatureService {
  lookUp(userIds: readonly string[]): Promise<External>;
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

const answerSchema = z.object({
  users: z.record(z.string(), z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]))),
});

export function createFeatureService(options: FeatureServiceOptions): FeatureService {
  const breaker = new CircuitBreaker(
    async (userIds: readonly string[], signal?: AbortSignal) => await request(options, userIds, signal),
    {
      timeout: options.deadlineMs,
      errorThresholdPercentage: options.openAtPercent ?? 50,
      resetTimeout: options.retryAfterMs ?? 5_000,
      volumeThreshold: 3,
    },
  );
  return {
    async lookUp(userIds) {
      const found = new Map<string, Attributes>();
      try {
        const answers = await Promise.all(chunks(userIds).map(async (chunk) => await breaker.fire(chunk)));
        for (const answer of answers) for (const [userId, attributes] of answer) found.set(userId, attributes);
        return found;
      } catch {
        return null;
      }
    },
    close() {
      breaker.shutdown();
    },
  };
}

function chunks(userIds: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0; from < userIds.length; from += USERS_PER_REQUEST)
    parts.push(userIds.slice(from, from + USERS_PER_REQUEST));
  return parts;
}

async function request(
  options: FeatureServiceOptions,
  userIds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<[string, Attributes][]> {
  const response = await fetch(options.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ users: userIds }),
    signal: signal ?? AbortSignal.timeout(options.deadlineMs),
    redirect: "error",
  });
  if (!response.ok) throw new Error(`feature service: ${response.status}`);
  return Object.entries(answerSchema.parse(await response.json()).users);
}
