// Pick rows: some of the rows of arrays that have one part for each row, in the order in which they are named.

import type { Block } from "./nouns.ts";

export interface RowPicker {
  readonly floats: (values: Float32Array) => Float32Array;
  readonly bytes: (values: Uint8Array) => Uint8Array;
}

/** Of arrays over `n` rows. */
export function rowPicker(n: number, rows: Uint32Array): RowPicker {
  const copied = <T extends Float32Array | Uint8Array>(values: T, picked: T, width: number): T => {
    rows.forEach((row, at) => picked.set(values.subarray(row * width, (row + 1) * width), at * width));
    return picked;
  };
  return {
    floats: (values) => copied(values, new Float32Array((rows.length * values.length) / n), values.length / n),
    bytes: (values) => copied(values, new Uint8Array((rows.length * values.length) / n), values.length / n),
  };
}

export function pickBlock(block: Block, rows: Uint32Array): Block {
  const { floats, bytes } = rowPicker(block.n, rows);
  return {
    n: rows.length,
    x: floats(block.x),
    fold: bytes(block.fold),
    arm: bytes(block.arm),
    propensity: floats(block.propensity),
    rewards: floats(block.rewards),
    redeemed: block.redeemed && floats(block.redeemed),
    cost: floats(block.cost),
  };
}
