// Being built: the signature that the other steps integrate against.

/** Largest |difference| between the ONNX classifier's probabilities and `expected` on the rows. */
export function compareOnnx(
  _bytes: Uint8Array,
  _x: Float32Array,
  _n: number,
  _expected: Float32Array,
): Promise<number> {
  throw new Error("not yet");
}
