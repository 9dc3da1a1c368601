// Enrich: what is known of a session when it is decided. The session's own attributes lie over the profile, these over
// the user's aggregates, these over what the feature service said. Pure.

import type { Attributes, AttributeValue } from "../../domain/features.ts";

export function enriched(
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
