// Fit
// Whether a release can be asked about a log's rows: the same arms in the same order, and every feature that it looks at.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { ReleaseManifest } from "../../../domain/release/release.ts";
import type { MappedFeature, Mapping } from "../../../learn/data/mapping/mapping.ts";

/** Throws InvalidInput that names the arms that differ. `whose`: what the release is held against. */
export function checkArms(label: string, { arms }: ReleaseManifest, own: readonly string[], whose: string): void {
  if (arms.length === own.length && arms.every((arm, index) => arm === own[index])) return;
  const only = (these: readonly string[], those: readonly string[]): string =>
    these.filter((arm) => !those.includes(arm)).join(", ") || "none";
  const same = arms.length === own.length && arms.every((arm) => own.includes(arm));
  throw new InvalidInput(
    same
      ? `release ${label}: its arms are in another order than ${whose}'s: ${arms.join(", ")} against ${own.join(", ")}`
      : `release ${label}: its arms are not ${whose}'s: only the release has ${only(arms, own)}; only ${whose} has ${only(own, arms)}`,
  );
}

/**
 * The mapping with the release's features first, in the release's order. Throws InvalidInput that names the features that
 * the mapping lacks or has as another kind.
 */
export function fitMapping(label: string, { features: { features } }: ReleaseManifest, mapping: Mapping): Mapping {
  const byName = new Map(mapping.features.map((feature) => [feature.name, feature]));
  const missing = features.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
  const unlike = features.flatMap(({ name, kind }) => {
    const mapped = byName.get(name);
    return mapped && mapped.kind !== kind ? [`${name} (${kind} in the release, ${mapped.kind} in the mapping)`] : [];
  });
  if (missing.length > 0 || unlike.length > 0) {
    const spare = mapping.features.filter(({ name }) => !features.some((feature) => feature.name === name));
    const told = [
      ...(missing.length > 0 ? [`the mapping has no feature ${missing.join(", ")}`] : []),
      ...(unlike.length > 0 ? [`of another kind: ${unlike.join(", ")}`] : []),
      ...(spare.length > 0 ? [`only the mapping has ${spare.map(({ name }) => name).join(", ")}`] : []),
    ];
    throw new InvalidInput(`release ${label}: its features do not fit the mapping: ${told.join("; ")}`);
  }
  const own = features.flatMap(({ name }): MappedFeature[] => {
    const mapped = byName.get(name);
    return mapped ? [mapped] : [];
  });
  return { ...mapping, features: [...own, ...mapping.features.filter((feature) => !own.includes(feature))] };
}
