// Releases as the treasurer needs them: it keeps the manifest, for the arms, the frontier and the values, and not the model.

import { InvalidInput } from "../domain/campaign.ts";
import { parseManifest, releaseHash, type ReleaseManifest } from "../domain/release.ts";

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
