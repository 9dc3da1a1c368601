// Release
// Puts a release together from what the steps found: the manifest, its hash, the classifier's bytes. Nothing in it
// depends on when or how fast it was trained, so the same data, options, seed and backend give the same hash. Pure.

import { canonicalJson, sha256Hex } from "../../domain/canonical.ts";
import type { FeatureSpec } from "../../domain/session/features.ts";
import {
  parseRelease,
  RELEASE_FORMAT,
  type Certificate,
  type ClusterValues,
  type Frontier,
  type Release,
  type ReleaseMoney,
  type ReleaseManifest,
} from "../../domain/release/release.ts";

export interface ReleaseParts {
  readonly features: FeatureSpec;
  readonly arms: readonly string[];
  readonly money: ReleaseMoney;
  readonly classifier: Uint8Array;
  readonly frontier: Frontier;
  readonly values: ClusterValues;
  readonly certificate: Certificate;
  readonly summary: ReleaseManifest["summary"];
}

/** Read back as a reader would read it, so that what cannot be served cannot be made. */
export function assembleRelease(parts: ReleaseParts): Release {
  const manifest: ReleaseManifest = {
    format: RELEASE_FORMAT,
    features: parts.features,
    arms: parts.arms,
    money: parts.money,
    clusters: parts.values.mix.length,
    classifier: sha256Hex(parts.classifier),
    frontier: parts.frontier,
    values: parts.values,
    certificate: parts.certificate,
    summary: parts.summary,
  };
  return parseRelease(canonicalJson(manifest), parts.classifier, null, "the new release");
}
