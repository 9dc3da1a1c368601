// Student check
// What can be said of the student before it serves: that onnxruntime computes what was trained, on real rows and on rows
// as no log has them, and how much of the teacher's policy value its classes keep on rows that it did not learn from.

import { must } from "../../domain/assert.ts";
import { compileRowEncoder, type FeatureSpec } from "../../domain/session/features.ts";
import { groupEnvelope, keptByGroups, type Clustering } from "../cluster/cluster.ts";
import type { Seen } from "../cluster/partition.ts";
import type { Student } from "./distil.ts";
import { compareOnnx } from "./onnx.ts";

export interface StudentCheck {
  readonly onnxDifference: number;
  readonly onnxRows: number;
  /** Share of the rows kept back whose class is the teacher's cluster. */
  readonly agreement: number;
  /** Share of the teacher's incremental reward that the student's classes keep. */
  readonly valueRatio: number;
  /** Share of the incremental reward of deciding user by user that the teacher's clusters and the student's keep. */
  readonly keptByTeacher: number;
  readonly keptByStudent: number;
  readonly rows: number;
}

/** Real rows among the fixed ones. */
const REAL_ROWS = 512;
const LARGEST = 3.4e38;

export async function checkStudent(
  onnx: Uint8Array,
  student: Student,
  clustering: Clustering,
  kept: Seen & { readonly block: { readonly x: Float32Array } },
  spec: FeatureSpec,
  arms: number,
): Promise<StudentCheck> {
  const rows = fixedRows(kept.block.x, student.width, spec);
  const n = rows.length / student.width;
  const teacher = clustering.assign(kept);
  const classes = student.classes(kept.block.x, kept.n);
  const ofTeacher = groupEnvelope(teacher, clustering.clusters, kept, arms);
  return {
    onnxDifference: await compareOnnx(onnx, rows, n, student.probabilities(rows, n)),
    onnxRows: n,
    agreement: teacher.filter((label, row) => label === classes[row]).length / kept.n,
    valueRatio: keptByGroups(classes, clustering.clusters, kept, arms, ofTeacher),
    keptByTeacher: keptByGroups(teacher, clustering.clusters, kept, arms),
    keptByStudent: keptByGroups(classes, clustering.clusters, kept, arms),
    rows: kept.n,
  };
}

/**
 * Rows as served and rows as never seen: real ones, one of nothing but defaults, all zeros, and of a real row each column
 * at the largest number either way, far out, and with a category that nobody knows.
 */
export function fixedRows(x: Float32Array, width: number, spec: FeatureSpec): Float32Array {
  const real = Math.min(REAL_ROWS, x.length / width);
  const first = must(real > 0 ? x.subarray(0, width) : undefined, "a row");
  const odd: Float32Array[] = [new Float32Array(width), defaultsOf(spec, width)];
  for (let column = 0; column < width; column += 1)
    for (const value of [LARGEST, -LARGEST, 1e6, -1e6, 0]) {
      const row = first.slice();
      row[column] = value;
      odd.push(row);
    }
  const rows = new Float32Array((real + odd.length) * width);
  rows.set(x.subarray(0, real * width));
  odd.forEach((row, at) => rows.set(row, (real + at) * width));
  return rows;
}

/** A session of which nothing is known. */
function defaultsOf(spec: FeatureSpec, width: number): Float32Array {
  const row = new Float32Array(width);
  compileRowEncoder(spec).encode({}, row, 0);
  return row;
}
