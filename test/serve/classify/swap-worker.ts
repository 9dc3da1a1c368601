// Puts release after release on a cache, as a long life of retraining would, and says how much memory the process has
// after each fifty. In a process of its own, so that nothing else is in the figure.

import { releaseHash, type Release } from "../../../src/domain/release/release.ts";
import { sha256Hex } from "../../../src/domain/canonical.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { createSimulatedCluster } from "../../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../../src/log/topics.ts";
import { encodeOnnx } from "../../../src/learn/distil/onnx.ts";
import { loadClassifier } from "../../../src/serve/classify/onnx.ts";
import { createReleaseCache } from "../../../src/serve/classify/release-cache.ts";
import { releaseRecord, tinyRelease } from "../tiny-release.ts";

const FIFTIES = 4;
/** Some two megabytes of weights. */
const HIDDEN = 700;

const tiny = tinyRelease();
const wide = encodeOnnx(
  { mean: new Float32Array(2), inverse: new Float32Array(2).fill(1) },
  [
    new Float32Array(2 * HIDDEN).fill(0.01),
    new Float32Array(HIDDEN),
    new Float32Array(HIDDEN * HIDDEN).fill(0.01),
    new Float32Array(HIDDEN),
    new Float32Array(HIDDEN * 2).fill(0.01),
    new Float32Array(2),
  ],
  [[2, HIDDEN], [HIDDEN], [HIDDEN, HIDDEN], [HIDDEN], [HIDDEN, 2], [2]],
);

function release(number: number): Release {
  const manifest = { ...tiny.manifest, classifier: sha256Hex(wide), summary: { number } };
  return { hash: releaseHash(manifest), manifest, classifier: wide };
}

const cluster = createSimulatedCluster({ now: () => 0 });
const log = cluster.connect("worker");
await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
const releaseCache = createReleaseCache({ log, codec: codecFor("releases"), load: loadClassifier, deadlineMs: 60_000 });
const codec = codecFor("releases");
const megabytes: number[] = [];
for (let number = 0; number < FIFTIES * 50; number += 1) {
  const next = release(number);
  // One key for all, so that the log keeps the last one only and does not grow itself.
  await log.send([{ topic: "releases", key: Buffer.from("one"), value: codec.encode(releaseRecord("c", next)) }]);
  cluster.maintain(0);
  const ready = await releaseCache.get(next.hash);
  if (ready === null) throw new Error(`release ${number} is not ready`);
  await ready.classifier.classify(new Float32Array(2), 1);
  if (number % 50 === 49) {
    globalThis.gc?.();
    megabytes.push(Math.round(process.memoryUsage.rss() / 1024 ** 2));
  }
}
await releaseCache.close();
console.log(JSON.stringify(megabytes));
