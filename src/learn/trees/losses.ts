// Losses
// What trees are boosted for: log loss of a logit, Gamma deviance of the logarithm of an amount. Over whole arrays, for they
// are worked out anew for every row and tree.

export interface Loss {
  /** The best constant answer, on the loss's own scale. */
  start(targets: Float32Array): number;
  /** First and second derivatives by the answers, into `slopes` and `curvatures`. */
  derivatives(answers: Float64Array, targets: Float32Array, slopes: Float64Array, curvatures: Float64Array): void;
  mean(answers: Float64Array, targets: Float32Array): number;
}

/** Observations of either kind at least, so that a target of one kind only has a finite logit. */
const LEAST = 0.5;

export const logLoss: Loss = {
  start(targets) {
    const happened = Math.max(LEAST, sum(targets));
    return Math.log(happened / Math.max(LEAST, targets.length - happened));
  },
  derivatives(answers, targets, slopes, curvatures) {
    for (let at = 0; at < answers.length; at += 1) {
      const p = 1 / (1 + Math.exp(-answers[at]!));
      slopes[at] = p - targets[at]!;
      curvatures[at] = p * (1 - p);
    }
  },
  mean(answers, targets) {
    let total = 0;
    for (let at = 0; at < answers.length; at += 1) {
      const z = answers[at]!;
      total += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[at]! * z;
    }
    return total / answers.length;
  },
};

/** Without the part that no answer changes. Targets are above 0. */
export const gammaDeviance: Loss = {
  start: (targets) => (targets.length === 0 ? 0 : Math.log(sum(targets) / targets.length)),
  derivatives(answers, targets, slopes, curvatures) {
    for (let at = 0; at < answers.length; at += 1) {
      const ratio = targets[at]! * Math.exp(-answers[at]!);
      slopes[at] = 1 - ratio;
      curvatures[at] = ratio;
    }
  },
  mean(answers, targets) {
    let total = 0;
    for (let at = 0; at < answers.length; at += 1) total += targets[at]! * Math.exp(-answers[at]!) + answers[at]!;
    return total / answers.length;
  },
};

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
