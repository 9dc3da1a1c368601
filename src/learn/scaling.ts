// Scaling
// Columns to mean 0 and deviation 1, outliers clipped. Fitted once; the same numbers go into the ONNX graph.

/** A standardised value further out than this is brought back to it. */
export const CLIP = 8;

export interface Scaling {
  readonly mean: Float32Array;
  /** 1 / standard deviation; 0 for a column that never changes, so that it never speaks. */
  readonly inverse: Float32Array;
}

export function fitScaling(x: Float32Array, n: number, width: number): Scaling {
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (let row = 0; row < n; row += 1)
    for (let column = 0; column < width; column += 1) mean[column]! += x[row * width + column]! / n;
  for (let row = 0; row < n; row += 1)
    for (let column = 0; column < width; column += 1)
      square[column]! += (x[row * width + column]! - mean[column]!) ** 2 / n;
  const inverse = square.map((variance, column) => {
    const deviation = Math.sqrt(variance);
    return deviation > 1e-6 * Math.max(1, Math.abs(mean[column]!)) ? 1 / deviation : 0;
  });
  return { mean: Float32Array.from(mean), inverse: Float32Array.from(inverse) };
}

/** Writes rows [from, from + n) of `x`, scaled, to the front of `out`. In single precision, as the ONNX graph does it. */
export function scaleRows(scaling: Scaling, x: Float32Array, from: number, n: number, out: Float32Array): void {
  const { mean, inverse } = scaling;
  const width = mean.length;
  for (let row = 0; row < n; row += 1)
    for (let column = 0; column < width; column += 1) {
      const centred = Math.fround(x[(from + row) * width + column]! - mean[column]!);
      const scaled = Math.fround(centred * inverse[column]!);
      out[row * width + column] = Math.min(CLIP, Math.max(-CLIP, scaled));
    }
}
