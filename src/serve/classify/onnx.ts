// ONNX: runs a release's classifier. Input `features` float32 [n, width], output `probabilities` float32 [n, clusters].
// One inference session a release, made once and used again; closing it gives its memory back.

import * as ort from "onnxruntime-node";
import { assert, itemAt, must } from "../../domain/assert.ts";
import { rowWidth } from "../../domain/session/features.ts";
import type { Release } from "../../domain/release/release.ts";
import { checkedGraph } from "./graph.ts";

/** Of each row: its most probable cluster, and how probable. */
export interface Classification {
  readonly clusters: Int32Array;
  readonly probabilities: Float32Array;
}

export interface Classifier {
  readonly width: number;
  readonly clusters: number;
  classify(rows: Float32Array, count: number): Promise<Classification>;
  close(): Promise<void>;
}

/** Throws when the bytes are no classifier of the shape that the manifest says, or more than one (graph.ts). */
export async function loadClassifier(release: Release, width: number): Promise<Classifier> {
  const { clusters } = release.manifest;
  const graph = checkedGraph(release.classifier, width, clusters, `release ${release.hash}`);
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  });
  const classifier: Classifier = {
    width,
    clusters,
    async classify(rows, count) {
      const features = new ort.Tensor("float32", rows.subarray(0, count * width), [count, width]);
      const { probabilities } = await session.run({ features }, ["probabilities"]);
      return mostProbable(must(probabilities, "output `probabilities`"), count, clusters);
    },
    close: async () => await session.release(),
  };
  // A classifier of another shape fails here and not in the middle of a cycle.
  await classifier.classify(new Float32Array(width), 1);
  return classifier;
}

/** Loads it as serving will, and lets it go again. */
export async function tryClassifier(release: Release): Promise<void> {
  const classifier = await loadClassifier(release, rowWidth(release.manifest.features));
  await classifier.close();
}

function mostProbable(output: ort.Tensor, count: number, clusters: number): Classification {
  const data = output.data;
  assert(data instanceof Float32Array, `probabilities are ${output.type}, not float32`);
  assert(data.length === count * clusters, `probabilities have ${data.length} values, not ${count} × ${clusters}`);
  const found: Classification = { clusters: new Int32Array(count), probabilities: new Float32Array(count) };
  for (let row = 0; row < count; row += 1) {
    let best = -1;
    let most = -Infinity;
    for (let cluster = 0; cluster < clusters; cluster += 1) {
      const probability = itemAt(data, row * clusters + cluster);
      if (probability > most) {
        most = probability;
        best = cluster;
      }
    }
    found.clusters[row] = best;
    found.probabilities[row] = best < 0 ? 0 : most;
  }
  return found;
}
