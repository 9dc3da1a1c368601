// k-means: seeded k-means++ and Lloyd iterations by ml-kmeans on a bounded sample, assignment of any row by ourselves.

import { kmeans } from "ml-kmeans";
import { assert } from "../../domain/assert.ts";
import { seededRandom } from "../../domain/random.ts";

export interface Centroids {
  readonly width: number;
  readonly count: number;
  /** [count, width] */
  readonly values: Float64Array;
}

export interface KMeansOptions {
  readonly clusters: number;
  readonly maxRows: number;
  readonly maxIterations: number;
  readonly seed: number;
}

/** Fits on at most `maxRows` of the rows; fewer centroids than asked for when there are fewer distinct rows. */
export function fitCentroids(points: Float32Array, n: number, width: number, options: KMeansOptions): Centroids {
  const rows = pick(n, options.maxRows, options.seed).map((row) =>
    Array.from(points.subarray(row * width, (row + 1) * width)),
  );
  const distinct = new Set(rows.map((row) => row.join())).size;
  const clusters = Math.min(options.clusters, distinct);
  assert(clusters > 0, "k-means needs at least one row");
  const fitted = kmeans(rows, clusters, {
    initialization: "kmeans++",
    maxIterations: options.maxIterations,
    seed: options.seed,
  });
  return { width, count: clusters, values: Float64Array.from(fitted.centroids.flat()) };
}

/** Rows without repetition, in rising order; all of them when there are no more than `max`. */
function pick(n: number, max: number, seed: number): number[] {
  if (n <= max) return Array.from({ length: n }, (_, row) => row);
  const random = seededRandom(`k-means rows ${seed}`);
  const rows: number[] = [];
  for (let row = 0; row < n && rows.length < max; row += 1)
    if (random.unit() * (n - row) < max - rows.length) rows.push(row);
  return rows;
}

/** Nearest centroid of each row; the lowest index of equally near ones. */
export function nearest(points: Float32Array, n: number, centroids: Centroids): Int32Array {
  const { width, count, values } = centroids;
  const labels = new Int32Array(n);
  for (let row = 0; row < n; row += 1) {
    let best = Infinity;
    let label = 0;
    for (let cluster = 0; cluster < count; cluster += 1) {
      let distance = 0;
      for (let at = 0; at < width && distance < best; at += 1) {
        const difference = points[row * width + at]! - values[cluster * width + at]!;
        distance += difference * difference;
      }
      if (distance < best) {
        best = distance;
        label = cluster;
      }
    }
    labels[row] = label;
  }
  return labels;
}
