import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  checkPlace,
  writeReleaseFolder,
  type ReleaseFolderContent,
} from "../../../src/learn/release/release-folder.ts";
import { readReleaseFolder } from "../../../src/retrain/publish.ts";
import { tinyRelease } from "../../serve/tiny-release.ts";
import { temporaryFolder } from "../log-files.ts";

const content = (): ReleaseFolderContent => ({
  release: tinyRelease(),
  evidenceJson: '{"format":1}',
  reportHtml: "<!doctype html>",
});

test("a release is written whole, below folders that are made for it, and read back", async () => {
  const folder = join(await temporaryFolder(), "releases", "first");
  const written = content();
  await checkPlace(folder);
  await writeReleaseFolder(folder, written);
  expect((await readdir(folder)).toSorted()).toEqual([
    "classifier.onnx",
    "evidence.json",
    "manifest.json",
    "report.html",
  ]);
  expect(await readdir(dirname(folder))).toEqual(["first"]);
  const read = await readReleaseFolder(folder);
  expect(read.release.hash).toBe(written.release.hash);
  expect(read.evidenceText).toBe(written.evidenceJson);
});

test("an empty folder is taken, a full one and a file are refused with what to do", async () => {
  const folder = await temporaryFolder();
  const [empty, full, file] = [join(folder, "empty"), join(folder, "full"), join(folder, "file")];
  await mkdir(empty);
  await mkdir(full);
  await writeFile(join(full, "notes.txt"), "mine");
  await writeFile(file, "mine");
  await writeReleaseFolder(empty, content());
  await expect(checkPlace(full)).rejects.toThrow(/full: is not empty; .* never overwritten: name a new folder/);
  await expect(writeReleaseFolder(full, content())).rejects.toThrow("is not empty");
  await expect(checkPlace(file)).rejects.toThrow("is a file, not a folder");
  await expect(checkPlace(join(file, "below"))).rejects.toThrow(/ENOTDIR|file/);
  await expect(checkPlace("/proc/nowhere/below")).rejects.toThrow(/nothing can be written in \//);
  expect(await readdir(full)).toEqual(["notes.txt"]);
});

test("what cannot be written whole leaves nothing behind", async () => {
  const folder = join(await temporaryFolder(), "first");
  // A manifest that JSON cannot carry fails after the classifier is on disk.
  const { release, ...rest } = content();
  const unwritable = { ...release, manifest: { ...release.manifest, summary: { rows: Number.NaN } } };
  await expect(writeReleaseFolder(folder, { ...rest, release: unwritable })).rejects.toThrow("cannot carry NaN");
  expect(await readdir(dirname(folder))).toEqual([]);
});
