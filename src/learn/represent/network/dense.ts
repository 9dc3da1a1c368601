// Dense
// Layers with their gradients written out, as tensor operations. The tape of automatic differentiation would copy every
// layer's output on the wasm backend and take its slow path for transposed products; this is a third of the time.
// Call within tf.tidy: what is made here lives until its end.

import * as tf from "@tensorflow/tfjs";

/** tf.tidy for what returns plain data: tidy itself would walk through every number of it, looking for tensors. */
export function tidied<T>(compute: () => T): T {
  const result: T[] = [];
  tf.tidy(() => {
    result.push(compute());
  });
  return result[0]!;
}

export interface Gradients {
  /** By the layer's input; null where nothing behind it is learnt. */
  readonly x: tf.Tensor2D | null;
  readonly w: tf.Tensor2D;
  readonly b: tf.Tensor1D;
}

/** relu(x w + b), [n, in] × [in, out]. */
export function rectified(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor2D {
  return product(x, w, b, "relu");
}

/** `out` is what `rectified` gave, `dy` the loss's gradient by it. */
export function rectifiedGradients(
  x: tf.Tensor2D,
  w: tf.Tensor2D,
  out: tf.Tensor2D,
  dy: tf.Tensor2D,
  passesBack: boolean,
): Gradients {
  return affineGradients(x, w, throughRelu(dy, out, 1), passesBack);
}

/**
 * The gradient by a rectifier's input. An output above 0 was neither cut nor dropped; what dropout keeps is scaled up by
 * `scale`. This is `scale` × `step` of the output, by operations that both backends do quickly.
 */
export function throughRelu(dy: tf.Tensor2D, out: tf.Tensor2D, scale: number): tf.Tensor2D {
  return tf.mul(dy, tf.clipByValue(tf.mul(out, 1e30), 0, scale));
}

/** x w + b, for a last layer. */
export function affine(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor2D {
  return product(x, w, b, "linear");
}

export function affineGradients(x: tf.Tensor2D, w: tf.Tensor2D, dy: tf.Tensor2D, passesBack: boolean): Gradients {
  return { x: passesBack ? tf.matMul(dy, tf.transpose(w)) : null, ...parameterGradients(x, dy) };
}

/** xᵀ dy and the column sums of dy, turning the narrower of the two. */
function parameterGradients(x: tf.Tensor2D, dy: tf.Tensor2D): Pick<Gradients, "w" | "b"> {
  const [n, inputs] = x.shape;
  const outputs = dy.shape[1];
  if (inputs > outputs) {
    const turned: tf.Tensor2D = tf.transpose(dy);
    return { w: tf.transpose(tf.matMul(turned, x)), b: tf.sum(turned, 1) };
  }
  // A row of ones below gives the sums in the same product.
  const turned = tf.concat2d([tf.transpose(x), tf.ones([1, n])], 0);
  const both: tf.Tensor2D = tf.matMul(turned, dy);
  const b = tf.slice2d(both, [inputs, 0], [1, outputs]);
  return { w: tf.slice2d(both, [0, 0], [inputs, outputs]), b: tf.reshape(b, [outputs]) };
}

/** Gradients of the batched product [k, n, in] × [k, in, out]. */
export function batchedGradients(h: tf.Tensor3D, w: tf.Tensor3D, dy: tf.Tensor3D): { h: tf.Tensor3D; w: tf.Tensor3D } {
  return { h: tf.matMul(dy, tf.transpose(w, [0, 2, 1])), w: tf.matMul(tf.transpose(h, [0, 2, 1]), dy) };
}

function product(x: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D, activation: "relu" | "linear"): tf.Tensor2D {
  return tf.reshape(tf.fused.matMul({ a: x, b: w, bias: b, activation }), [x.shape[0], w.shape[1]]);
}
