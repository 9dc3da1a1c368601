// Optimiser
// AdamW with a moving average of the weights, on plain arrays: the networks here have some ten thousand weights, for
// which a loop in JavaScript costs less than one dispatch per operation and variable, and adds up in one order.

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Changed in place. */
  readonly values: Float32Array;
  readonly decays: boolean;
}

export interface OptimiserOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly average: number;
}

export interface Optimiser {
  /** `gradients` in the order of the parameters. */
  step(gradients: readonly Float32Array[]): void;
  /** The moving average, one array per parameter; not copies. */
  readonly averages: readonly Float32Array[];
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export function adamW(parameters: readonly Parameter[], options: OptimiserOptions): Optimiser {
  const first = parameters.map(({ values }) => new Float64Array(values.length));
  const second = parameters.map(({ values }) => new Float64Array(values.length));
  const averages = parameters.map(({ values }) => values.slice());
  let steps = 0;
  return {
    averages,
    step(gradients) {
      steps += 1;
      const rate = (options.learningRate * Math.sqrt(1 - BETA_2 ** steps)) / (1 - BETA_1 ** steps);
      // Early on the average follows closely, or it would remember the random start for an epoch.
      const keep = Math.min(options.average, (1 + steps) / (10 + steps));
      parameters.forEach(({ values, decays }, index) => {
        const gradient = gradients[index]!;
        const m = first[index]!;
        const v = second[index]!;
        const average = averages[index]!;
        const decay = decays ? options.learningRate * options.weightDecay : 0;
        for (let i = 0; i < values.length; i += 1) {
          const g = gradient[i]!;
          m[i] = BETA_1 * m[i]! + (1 - BETA_1) * g;
          v[i] = BETA_2 * v[i]! + (1 - BETA_2) * g * g;
          const next = values[i]! * (1 - decay) - (rate * m[i]!) / (Math.sqrt(v[i]!) + EPSILON);
          values[i] = next;
          average[i] = keep * average[i]! + (1 - keep) * next;
        }
      });
    },
  };
}
