// Enrich: what is known of a session when it is decided. The session's own attributes lie over the profile, these over
// the user's aggregates, these over what the feature service said. Pure.

import type { Attributes, AttributeValue } from "../../domain/session/features.ts";
import type { Session } from "../../domain/session/session.ts";
import type { LogRecord } from "../../log/event-log.ts";
import type { ReadyRelease } from "../classify/release-cache.ts";

/** A session that asks for a decision, with all that is known of it. */
export interface EnrichedSession {
  readonly session: Session;
  readonly record: LogRecord;
  readonly decisionId: string;
  /** Null when there is no campaign for it. */
  readonly campaign: string | null;
  /** The one in force; null when there is none, or when it could not be had. */
  readonly release: ReadyRelease | null;
  readonly attributes: Attributes;
  /** A feature took its default. */
  degraded: boolean;
  /** First 8 bytes of SHA-256 of the feature row; zeros without one. */
  featuresHash: Uint8Array;
  /** −1 until it is classified, and when it could not be. */
  cluster: number;
  probability: number;
}

export function mergedAttributes(
  session: Attributes,
  profile: Attributes | null,
  aggregates: Attributes,
  external: Attributes | null,
): Attributes {
  const all: Record<string, AttributeValue> = { ...external, ...aggregates, ...profile, ...session };
  for (const name in all) {
    const value = all[name];
    // A number that is none counts as missing; JSON and learning could not carry it.
    if (typeof value === "number" && !Number.isFinite(value)) all[name] = null;
  }
  return all;
}
