// Encoded rows: what the other methods learn from and what they are asked of, as raw arrays that peers/log.py reads.

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { pickBlock } from "../../../src/learn/pick-rows.ts";
import type { ExperimentRows } from "./rows.ts";

/** `learns`: rows with their outcomes; `asked`: features only. Money in major units. */
export async function writeEncoded(
  folder: string,
  { dataset, block, logged }: ExperimentRows,
  learns: Uint32Array,
  asked: Uint32Array,
): Promise<void> {
  const write = (name: string, values: Float32Array | Uint8Array): Promise<void> =>
    writeFile(path.join(folder, name), values);
  const { x, arm, propensity } = pickBlock(block, learns);
  const some = (values: ArrayLike<number>): Float32Array => Float32Array.from(learns, (row) => values[row]!);
  await write("log_x.f32", x);
  await write("log_arm.u8", arm);
  await write("log_p.f32", propensity);
  await write("log_reward.f32", some(logged.reward));
  await write("log_cost.f32", some(logged.cost));
  await write("people_x.f32", pickBlock(block, asked).x);
  const told = { width: dataset.width, arms: dataset.arms.length, dose: dataset.tasks.dose };
  await writeFile(path.join(folder, "encoded.json"), JSON.stringify(told));
}
