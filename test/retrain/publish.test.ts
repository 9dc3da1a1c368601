// A release folder becomes a candidate on the topic, whole and checked, or is refused with the reason.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseRelease } from "../../src/domain/release/release.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../src/log/embedded/log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { publishRelease, readReleaseFolder } from "../../src/retrain/publish.ts";
import { tryClassifier } from "../../src/serve/classify/onnx.ts";
import { tinyRelease, writeRelease } from "../serve/tiny-release.ts";

const release = tinyRelease();
let folder: string;
let log: EmbeddedLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stipend-publish-"));
  log = await openEmbeddedLog({ folder: join(folder, "log"), now: () => 1_000, newToken: () => `${Math.random()}` });
  await log.ensureTopics(topicSpecs({ users: 2, control: 1 }));
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true });
});

test("what is published is what was trained, under its hash", async () => {
  await writeRelease(release, join(folder, "release"));
  await publishRelease(log, "spring", await readReleaseFolder(join(folder, "release")), 5_000, tryClassifier);
  const found = [];
  for await (const batch of log.read("releases", 0, 0)) found.push(...batch);
  expect(found).toHaveLength(1);
  expect(Buffer.from(found[0]!.key!).toString()).toBe(`spring/${release.hash}`);
  const record = codecFor("releases").decode(found[0]!.value!);
  expect(record).toMatchObject({ campaign: "spring", hash: release.hash, publishedAtMs: 5_000 });
  expect(parseRelease(record.manifest, record.classifier, record.hash, "record").manifest).toEqual(release.manifest);
});

test("a folder that was changed after training is refused", async () => {
  await writeRelease(release, join(folder, "release"));
  const path = join(folder, "release", "classifier.onnx");
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
  await expect(readReleaseFolder(join(folder, "release"))).rejects.toThrow(/classifier/);
  await expect(readReleaseFolder(join(folder, "nowhere"))).rejects.toThrow(/no release/);
});

test("a release that is too large for the topic is refused with its size", async () => {
  await writeRelease(release, join(folder, "release"));
  await writeFile(join(folder, "release", "evidence.json"), JSON.stringify({ text: "x".repeat(9 * 1024 * 1024) }));
  const read = await readReleaseFolder(join(folder, "release"));
  await expect(publishRelease(log, "spring", read, 0, tryClassifier)).rejects.toThrow(/bytes with its evidence/);
});
