// Releases as the treasurer needs them: it keeps the manifest, for the arms, the frontier and the values, and not the model.

import { assert } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { parseManifest, releaseHash, type ReleaseManifest } from "../../domain/release/release.ts";

export type ReadManifest = { readonly manifest: ReleaseManifest } | { readonly broken: string };

/** The manifest, or what is wrong with it: its shape, or that it is not the one of this name. */
export function readManifest(json: string, hash: string): ReadManifest {
  let manifest: ReleaseManifest;
  try {
    manifest = parseManifest(json, "manifest");
  } catch (error) {
    if (error instanceof InvalidInput) return { broken: error.message };
    throw error;
  }
  const found = releaseHash(manifest);
  return found === hash ? { manifest } : { broken: `manifest: its hash is ${found}, not ${hash}` };
}

/** More campaigns that are reviewed in turn than this, and manifests are parsed again and again. */
const CACHED = 64;

/** Manifests that were parsed last, by their hash: those in force are needed at each review. */
export class ManifestCache {
  /** The least recently used first. */
  readonly #parsed = new Map<string, ReleaseManifest>();

  /** `json` was readable when it came. */
  of(hash: string, json: string): ReleaseManifest {
    let manifest = this.#parsed.get(hash);
    if (manifest === undefined) {
      const read = readManifest(json, hash);
      assert("manifest" in read, `the manifest of ${hash} was readable when it came`);
      manifest = read.manifest;
    }
    this.#parsed.delete(hash);
    this.#parsed.set(hash, manifest);
    const [oldest] = this.#parsed.keys();
    if (this.#parsed.size > CACHED && oldest !== undefined) this.#parsed.delete(oldest);
    return manifest;
  }
}
