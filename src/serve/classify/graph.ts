// Graph
// Checks the graph of a classifier, which anybody may have put on a topic. The runtime would run whatever is in it: a loop
// without end, files of this machine, a table of gigabytes. So it is held to the one form that our own exporter writes
// (`checkedGraph`).
//
// Invariants:
//   G1. Work is bounded: each row costs one multiplication a weight, of at most MAX_WEIGHTS. Nothing in the chain depends on
//       the data, so no deadline is needed, nor a worker thread that can be ended, which would cost each batch two copies and
//       a hop.
//   G2. What runs is what was checked: the graph is written anew from what was read of it, so that two parsers cannot see two
//       graphs in one file.

import onnxProto from "onnx-proto";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { errorMessage } from "../../domain/error-message.ts";

const { onnx } = onnxProto;
type Operator = onnxProto.onnx.INodeProto;
type Tensor = onnxProto.onnx.ITensorProto;

/** Four MiB: a thousand rows take some tenths of a second on one core. */
export const MAX_WEIGHTS = 1_048_576;
const MAX_NODES = 64;
const OPSET = 13;

/**
 * The graph's bytes to be run; throws `InvalidInput` that says what it has and must not. It is to be one chain,
 *   Sub  Mul  Clip  (Gemm  Relu)*  Gemm  Softmax          features float32 [n, width] → probabilities float32 [n, clusters]
 * with constants of the shapes that follow from each other, and nothing else: no other operator, no attribute but Softmax's
 * axis, no subgraphs, functions, sparse or external data, domains of others.
 */
export function checkedGraph(bytes: Uint8Array, width: number, clusters: number, where: string): Uint8Array {
  const model = decoded(bytes, where);
  const fault = modelFault(model) ?? chainFault(model.graph ?? {}, width, clusters);
  if (fault !== null) throw new InvalidInput(`${where}: classifier: ${fault}`);
  return onnx.ModelProto.encode(model).finish();
}

function decoded(bytes: Uint8Array, where: string): onnxProto.onnx.ModelProto {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (error) {
    const why = errorMessage(error);
    throw new InvalidInput(`${where}: classifier: no ONNX model: ${why}`);
  }
}

function modelFault({ functions, trainingInfo, opsetImport, graph }: onnxProto.onnx.IModelProto): string | null {
  if (functions?.length) return "it has functions";
  if (trainingInfo?.length) return "it has training steps";
  const [opset, ...more] = opsetImport ?? [];
  if (more.length > 0 || (opset?.domain ?? "") !== "" || Number(opset?.version) !== OPSET)
    return `its operators must be those of ONNX's own set ${OPSET}, and of no other`;
  if (graph === null || graph === undefined) return "it has no graph";
  if (graph.sparseInitializer?.length || graph.quantizationAnnotation?.length)
    return "it has sparse or quantised constants";
  const [inputs, outputs] = [graph.input ?? [], graph.output ?? []];
  if (inputs.length !== 1 || inputs[0]?.name !== "features") return "its one input must be features";
  if (outputs.length !== 1 || outputs[0]?.name !== "probabilities") return "its one output must be probabilities";
  return (graph.node?.length ?? 0) > MAX_NODES ? `it has more than ${MAX_NODES} operators` : null;
}

function chainFault(graph: onnxProto.onnx.IGraphProto, width: number, clusters: number): string | null {
  const constants = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? "", tensor]));
  if (constants.size !== (graph.initializer?.length ?? 0)) return "two constants have one name";
  for (const tensor of constants.values()) {
    const fault = tensorFault(tensor);
    if (fault !== null) return fault;
  }
  const weights = [...constants.values()].reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  if (weights > MAX_WEIGHTS) return `it has ${weights} weights, at most ${MAX_WEIGHTS}`;
  const chain = new OperatorChain(constants, width);
  const nodes = graph.node ?? [];
  const order = nodes.map(({ opType }) => opType ?? "").join(" ");
  if (!ORDER.test(order)) return `its operators are ${shown(order)}, not Sub Mul Clip (Gemm Relu)* Gemm Softmax`;
  for (const node of nodes) {
    const fault = chain.fault(node);
    if (fault !== null) return fault;
  }
  if (chain.output !== "probabilities") return `it ends with ${shown(chain.output)}, not with probabilities`;
  return chain.columns === clusters ? null : `it tells ${chain.columns} clusters apart, not ${clusters}`;
}

const ORDER = /^Sub Mul Clip (Gemm Relu )*Gemm Softmax$/;

function tensorFault({ name, dataType, dataLocation, externalData, rawData, segment, ...rest }: Tensor): string | null {
  const label = `constant ${shown(name ?? "")}`;
  if (externalData?.length || dataLocation) return `${label} lies in another file`;
  if (dataType !== onnx.TensorProto.DataType.FLOAT || segment) return `${label} is not of float32`;
  const { floatData, int32Data, int64Data, stringData, doubleData, uint64Data } = rest;
  if ([floatData, int32Data, int64Data, stringData, doubleData, uint64Data].some((list) => list?.length))
    return `${label} has its values elsewhere than in its raw bytes`;
  const bytes = rawData ?? new Uint8Array(0);
  if (bytes.length !== 4 * sizeOf(rest)) return `${label} has ${bytes.length} bytes for ${sizeOf(rest)} values`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 4)
    if (!Number.isFinite(view.getFloat32(at, true))) return `${label} has a value that is no number`;
  return null;
}

/** NaN for dimensions that are none, which no length of bytes equals. */
function sizeOf({ dims }: Tensor): number {
  return (dims ?? []).reduce((size: number, dim) => size * (Number(dim) > 0 ? Number(dim) : NaN), 1);
}

/** The chain so far: each operator takes what the one before it gave, and constants. */
class OperatorChain {
  output = "features";
  columns: number;
  readonly #constants: ReadonlyMap<string, Tensor>;

  constructor(constants: ReadonlyMap<string, Tensor>, width: number) {
    this.#constants = constants;
    this.columns = width;
  }

  fault({ opType, domain, input, output, attribute }: Operator): string | null {
    const [from, ...given] = input ?? [];
    if (domain) return `${opType} is of another domain`;
    if (from !== this.output || output?.length !== 1) return `${opType} does not go on from the one before it`;
    if (!(opType === "Softmax" ? isAxis(attribute ?? []) : (attribute ?? []).length === 0))
      return `${opType} has attributes`;
    const shapes = given.map((name) => this.#constants.get(name)?.dims?.map(Number).join("×"));
    const wanted = this.#wanted(opType ?? "", given);
    if (wanted === null || shapes.join(" ") !== wanted.join(" ")) return `${opType} has other constants than it may`;
    this.output = output[0] ?? "";
    return null;
  }

  /** Shapes of an operator's constants. */
  #wanted(opType: string, given: readonly string[]): string[] | null {
    switch (opType) {
      case "Sub":
      case "Mul":
        return [`${this.columns}`];
      case "Clip":
        return ["", ""];
      case "Gemm": {
        const before = this.columns;
        this.columns = Number(this.#constants.get(given[0] ?? "")?.dims?.[1]);
        return [`${before}×${this.columns}`, `${this.columns}`];
      }
      case "Relu":
      case "Softmax":
        return [];
      default:
        return null;
    }
  }
}

function isAxis(attributes: readonly onnxProto.onnx.IAttributeProto[]): boolean {
  const [axis, ...more] = attributes;
  if (axis === undefined || more.length > 0) return false;
  const { floats, ints, strings, tensors, graphs, sparseTensors } = axis;
  const isAlone = ![floats, ints, strings, tensors, graphs, sparseTensors].some((list) => list?.length);
  return axis.name === "axis" && Number(axis.i) === 1 && isAlone && !axis.t && !axis.g && !axis.sparseTensor;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
