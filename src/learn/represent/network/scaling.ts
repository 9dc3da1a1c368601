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
  return fitScalingOf((from, count) => x.subarray(from * width, (from + count) * width), n, width);
}

/** Rows at a time of what is made on the way. */
const PART = 8192;

/** The same of rows that are made when they are asked for: `rows` gives [count, width] from a row on. */
export function fitScalingOf(rows: (from: number, count: number) => Float32Array, n: number, width: number): Scaling {
  const sumUp = (value: (each: number, column: number) => number): Float64Array => {
    const sums = new Float64Array(width);
    for (let from = 0; from < n; from += PART) {
      const part = rows(from, Math.min(PART, n - from));
      for (let at = 0; at < part.length; at += 1) sums[at % width]! += value(part[at]!, at % width) / n;
    }
    return sums;
  };
  const mean = sumUp((each) => each);
  const square = sumUp((each, column) => (each - mean[column]!) ** 2);
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
