// ONNX
// Writes the student as a graph, and holds what onnxruntime computes of it against what was trained. Scaling and clipping are
// in the graph, so serving needs nothing but the bytes.
//
// Invariant: the same weights give the same bytes.

import { InferenceSession, Tensor } from "onnxruntime-node";
import onnxProto from "onnx-proto";
import { assert, must } from "../../domain/assert.ts";
import { CLIP, type Scaling } from "../represent/network/scaling.ts";

const { onnx } = onnxProto;

/** Operators as of ONNX 1.8: every runtime of the last years has them. */
const OPSET = 13;
const IR_VERSION = 7;

/**
 * `layers`: matrix and bias of each layer in turn, rectified but for the last. The graph's input is `features`, float32
 * [n, width], unscaled; its output `probabilities`, float32 [n, clusters].
 */
export function encodeOnnx(
  scaling: Scaling,
  layers: readonly Float32Array[],
  shapes: readonly (readonly number[])[],
): Uint8Array {
  const width = scaling.mean.length;
  const clusters = must(shapes.at(-1)?.[0], "the last layer's bias");
  const graph = new onnx.GraphProto({
    name: "stipend-classifier",
    node: [
      node("Sub", ["features", "mean"], "centred"),
      node("Mul", ["centred", "inverse"], "scaled"),
      node("Clip", ["scaled", "low", "high"], "h0"),
      ...layerNodes(layers.length / 2),
      node("Softmax", ["logits"], "probabilities", [
        new onnx.AttributeProto({ name: "axis", type: onnx.AttributeProto.AttributeType.INT, i: 1 }),
      ]),
    ],
    initializer: [
      constant("mean", [width], scaling.mean),
      constant("inverse", [width], scaling.inverse),
      constant("low", [], Float32Array.of(-CLIP)),
      constant("high", [], Float32Array.of(CLIP)),
      ...layers.map((values, at) => constant(layerName(at), must(shapes[at], "a shape"), values)),
    ],
    input: [value("features", width)],
    output: [value("probabilities", clusters)],
  });
  const model = new onnx.ModelProto({
    irVersion: IR_VERSION,
    producerName: "stipend",
    opsetImport: [new onnx.OperatorSetIdProto({ domain: "", version: OPSET })],
    graph,
  });
  return new Uint8Array(onnx.ModelProto.encode(model).finish());
}

/** Largest |difference| between the ONNX classifier's probabilities and `expected` on the rows. */
export async function compareOnnx(
  bytes: Uint8Array,
  x: Float32Array,
  n: number,
  expected: Float32Array,
): Promise<number> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  try {
    const answer = await session.run({ features: new Tensor("float32", x, [n, x.length / n]) });
    const { data } = must(answer["probabilities"], "the ONNX graph's probabilities");
    assert(data instanceof Float32Array && data.length === expected.length, "the ONNX graph answers in another shape");
    return data.reduce((most, probability, i) => Math.max(most, Math.abs(probability - expected[i]!)), 0);
  } finally {
    await session.release();
  }
}

function layerNodes(layers: number): onnxProto.onnx.NodeProto[] {
  return Array.from({ length: layers }, (_, layer) => {
    const inputs = [`h${layer}`, layerName(2 * layer), layerName(2 * layer + 1)];
    if (layer === layers - 1) return [node("Gemm", inputs, "logits")];
    return [node("Gemm", inputs, `z${layer + 1}`), node("Relu", [`z${layer + 1}`], `h${layer + 1}`)];
  }).flat();
}

function layerName(at: number): string {
  return `${at % 2 === 0 ? "w" : "b"}${Math.floor(at / 2)}`;
}

function node(
  opType: string,
  input: string[],
  output: string,
  attribute: onnxProto.onnx.AttributeProto[] = [],
): onnxProto.onnx.NodeProto {
  return new onnx.NodeProto({ name: output, opType, input, output: [output], attribute });
}

function constant(name: string, dims: readonly number[], values: Float32Array): onnxProto.onnx.TensorProto {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((number, i) => view.setFloat32(4 * i, number, true));
  return new onnx.TensorProto({ name, dims: [...dims], dataType: onnx.TensorProto.DataType.FLOAT, rawData: bytes });
}

function value(name: string, width: number): onnxProto.onnx.ValueInfoProto {
  const dim = [
    new onnx.TensorShapeProto.Dimension({ dimParam: "n" }),
    new onnx.TensorShapeProto.Dimension({ dimValue: width }),
  ];
  const tensorType = new onnx.TypeProto.Tensor({
    elemType: onnx.TensorProto.DataType.FLOAT,
    shape: new onnx.TensorShapeProto({ dim }),
  });
  return new onnx.ValueInfoProto({ name, type: new onnx.TypeProto({ tensorType }) });
}
