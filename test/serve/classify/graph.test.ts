// A classifier is the chain that our exporter writes, and nothing that anybody can put into an ONNX file beside it.

import onnxProto from "onnx-proto";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../../src/domain/canonical.ts";
import { releaseHash, type Release } from "../../../src/domain/release/release.ts";
import { encodeOnnx } from "../../../src/learn/distil/onnx.ts";
import { checkedGraph, MAX_WEIGHTS } from "../../../src/serve/classify/graph.ts";
import { loadClassifier, tryClassifier } from "../../../src/serve/classify/onnx.ts";
import { tinyRelease } from "../tiny-release.ts";

const { onnx } = onnxProto;
type Model = onnxProto.onnx.ModelProto;
type Graph = { [K in keyof onnxProto.onnx.IGraphProto]-?: NonNullable<onnxProto.onnx.IGraphProto[K]> };

const GOOD = tinyRelease().classifier;
const { INT, GRAPH } = onnx.AttributeProto.AttributeType;
const { FLOAT, INT32 } = onnx.TensorProto.DataType;

/** The good graph with a change. */
function changed(change: (graph: Graph, model: Model) => void): Uint8Array {
  const model = onnx.ModelProto.decode(Uint8Array.from(GOOD));
  change(model.graph as Graph, model);
  return onnx.ModelProto.encode(model).finish();
}

const check = (bytes: Uint8Array): Uint8Array => checkedGraph(bytes, 2, 2, "release x");

const loop = (): onnxProto.onnx.NodeProto =>
  new onnx.NodeProto({
    opType: "Loop",
    input: ["", "", "probabilities"],
    output: ["again"],
    attribute: [{ name: "body", type: GRAPH, g: new onnx.GraphProto({ name: "body" }) }],
  });

test("what our exporter writes goes through, with one layer and with several, and says the same", async () => {
  expect(Buffer.from(check(GOOD)).equals(Buffer.from(GOOD))).toBe(true);
  const shapes = [[2, 5], [5], [5, 3], [3], [3, 2], [2]];
  const layers = shapes.map((shape) => new Float32Array(shape.reduce((size, each) => size * each, 1)).fill(0.25));
  const deep = encodeOnnx({ mean: new Float32Array(2), inverse: new Float32Array(2).fill(1) }, layers, shapes);
  expect(check(deep).length).toBe(deep.length);
  const classifier = await loadClassifier(tinyRelease(), 2);
  expect([...(await classifier.classify(Float32Array.of(1, 0, 9, 0), 2)).clusters]).toEqual([0, 1]);
  await classifier.close();
});

describe("is refused", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["a loop at the end", changed(({ node }) => node.push(loop())), /its operators are .*Loop/],
    ["a loop at the beginning", changed(({ node }) => node.unshift(loop())), /its operators are "Loop/],
    ["another operator in the chain", changed(({ node }) => void (node[1]!.opType = "Pow")), /Sub Pow Clip/],
    ["an operator of another domain", changed(({ node }) => void (node[3]!.domain = "com.evil")), /another domain/],
    [
      "an attribute",
      changed(({ node }) => void (node[3]!.attribute = [{ name: "alpha", type: INT, i: 1 }])),
      /Gemm has/,
    ],
    [
      "a subgraph behind an axis",
      changed(({ node }) => void (node.at(-1)!.attribute![0]!.g = new onnx.GraphProto({ name: "hidden" }))),
      /Softmax has attributes/,
    ],
    [
      "ten thousand operators",
      changed(({ node }) => node.push(...Array.from({ length: 10_000 }, loop))),
      /more than 64/,
    ],
    ["functions", changed((_, model) => void (model.functions = [new onnx.FunctionProto({ name: "f" })])), /functions/],
    [
      "training steps",
      changed((_, model) => void (model.trainingInfo = [new onnx.TrainingInfoProto({})])),
      /training steps/,
    ],
    ["another set of operators", changed((_, model) => void (model.opsetImport[0]!.version = 21)), /ONNX's own set/],
    [
      "a second set of operators",
      changed((_, model) =>
        model.opsetImport.push(new onnx.OperatorSetIdProto({ domain: "com.microsoft", version: 1 })),
      ),
      /ONNX's own set/,
    ],
    [
      "constants in another file",
      changed(({ initializer }) => {
        initializer[0]!.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
        initializer[0]!.externalData = [{ key: "location", value: "/etc/passwd" }];
      }),
      /lies in another file/,
    ],
    [
      "constants of another type",
      changed(({ initializer }) => void (initializer[0]!.dataType = INT32)),
      /not of float32/,
    ],
    [
      "values beside the raw bytes",
      changed(({ initializer }) => void (initializer[0]!.floatData = [1, 2])),
      /elsewhere than in its raw bytes/,
    ],
    [
      "a constant that claims to be huge",
      changed(({ initializer }) => void (initializer[0]!.dims = [2 ** 31, 2 ** 20])),
      /bytes for/,
    ],
    ["a negative dimension", changed(({ initializer }) => void (initializer[0]!.dims = [-2])), /bytes for NaN/],
    [
      "a weight that is no number",
      changed(
        ({ initializer }) =>
          void Buffer.from(initializer[4]!.rawData!.buffer, initializer[4]!.rawData!.byteOffset).writeFloatLE(NaN),
      ),
      /no number/,
    ],
    [
      "two constants of one name",
      changed(({ initializer }) => initializer.push({ ...initializer[0]!, dataType: FLOAT })),
      /two constants/,
    ],
    ["a step that skips one", changed(({ node }) => void (node[2]!.input![0] = "centred")), /does not go on/],
    ["another input", changed(({ input }) => input.push({ name: "more" })), /one input/],
    ["another output", changed(({ output }) => output.push({ name: "more" })), /one output/],
    [
      "sparse constants",
      changed((graph) => void (graph.sparseInitializer = [new onnx.SparseTensorProto({})])),
      /sparse/,
    ],
    ["no graph", changed((_, model) => void (model.graph = null)), /no graph/],
    ["noise", Uint8Array.from({ length: 4_000 }, (_, n) => (n * 7919) % 256), /ONNX|its operators|no graph/],
    ["nothing", new Uint8Array(0), /operators must be|no graph/],
  ])("%s", (_, bytes, detail) => {
    expect(() => check(bytes)).toThrow(detail);
    expect(() => check(bytes)).toThrow(/^release x: classifier: /);
  });

  test("more weights than a batch could bear", () => {
    const wide = Math.ceil(MAX_WEIGHTS / 4);
    const scaling = { mean: new Float32Array(2), inverse: new Float32Array(2) };
    const layers = [2 * wide, wide, 2 * wide, 2].map((size) => new Float32Array(size));
    const bytes = encodeOnnx(scaling, layers, [[2, wide], [wide], [wide, 2], [2]]);
    expect(() => check(bytes)).toThrow(/weights, at most 1048576/);
  });
});

test("two graphs in one file are one: what runs is what was checked", async () => {
  // A parser takes the last graph, or both in one; here the first has a loop.
  const evil = changed(({ node }) => node.push(loop()));
  const both = Buffer.concat([evil, GOOD]);
  let run: Uint8Array | null = null;
  try {
    run = check(both);
  } catch (error) {
    expect(String(error)).toContain("classifier");
  }
  if (run !== null) expect(Buffer.from(run).includes("Loop")).toBe(false);
});

test("a release with a loop is refused at publish as at load", async () => {
  const evil = changed(({ node }) => node.push(loop()));
  const manifest = { ...tinyRelease().manifest, classifier: sha256Hex(evil) };
  const release: Release = { hash: releaseHash(manifest), manifest, classifier: evil };
  await expect(tryClassifier(release)).rejects.toThrow(/its operators are/);
  await expect(loadClassifier(release, 2)).rejects.toThrow(/its operators are/);
  await expect(tryClassifier(tinyRelease())).resolves.toBeUndefined();
});
