// Release folder
// A training's results on disk: manifest.json, classifier.onnx, evidence.json, report.html. It is written beside its
// place and then renamed, so that a training that is killed leaves no half release, and nothing is ever overwritten.

import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { canonicalJson } from "../../domain/canonical.ts";
import type { Release } from "../../domain/release/release.ts";
import { errorMessage } from "../../domain/error-message.ts";

export interface ReleaseFolderContent {
  readonly release: Release;
  readonly evidenceJson: string;
  readonly reportHtml: string;
}

/** Refuses a place that is taken or cannot be written, before hours are spent on what could not be put there. */
export async function checkPlace(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new InvalidInput(`--out ${folder}: ${error.code === "ENOTDIR" ? "is a file, not a folder" : error.message}`);
  });
  if (entries.length > 0)
    throw new InvalidInput(
      `--out ${folder}: is not empty; a release is never overwritten: name a new folder, or remove it`,
    );
  const parent = await existingParent(resolve(folder));
  try {
    await rmdir(await mkdtemp(join(parent, ".stipend-")));
  } catch (error) {
    const why = errorMessage(error);
    throw new InvalidInput(`--out ${folder}: nothing can be written in ${parent}: ${why}`);
  }
}

async function existingParent(folder: string): Promise<string> {
  const parent = dirname(folder);
  const found = await stat(parent).catch(() => null);
  return found !== null || parent === folder ? parent : await existingParent(parent);
}

export async function writeReleaseFolder(folder: string, content: ReleaseFolderContent): Promise<void> {
  const target = resolve(folder);
  await checkPlace(target);
  await mkdir(dirname(target), { recursive: true });
  const beside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    // A folder in the private one, so that the release is as readable as folders are here.
    const written = join(beside, "release");
    await mkdir(written);
    await writeFile(join(written, "classifier.onnx"), content.release.classifier);
    await writeFile(join(written, "evidence.json"), content.evidenceJson);
    await writeFile(join(written, "report.html"), content.reportHtml);
    await writeFile(join(written, "manifest.json"), canonicalJson(content.release.manifest));
    // An empty folder may stand there already; one that was filled meanwhile is not replaced.
    await rename(written, target).catch((error: NodeJS.ErrnoException) => {
      throw new InvalidInput(`--out ${folder}: the release could not be put there: ${error.message}`);
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
