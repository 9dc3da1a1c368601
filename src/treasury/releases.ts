// Releases as the treasurer needs them: the arms, the frontier and the values. It keeps the manifest, and never the model.

import { z } from "zod";
import type { ReleaseManifest } from "../domain/release.ts";

export type KnownManifest = Pick<ReleaseManifest, "arms" | "frontier" | "values">;

const numbers = z.array(z.number());
const table = z.array(numbers).min(1);
const shape = z.object({
  arms: z.array(z.string()).min(2),
  frontier: z.object({
    steps: z.number().positive(),
    rows: z
      .array(
        z.object({
          budgetPerSession: z.number(),
          shares: table,
          expectedReward: z.number(),
          expectedCost: z.number(),
          shadowPrice: z.number(),
        }),
      )
      .min(1),
  }),
  values: z.object({
    reward: table,
    rewardSe: table,
    cost: table,
    costSe: table,
    redemption: table,
    mix: numbers.min(1),
  }),
});

/** What is wrong with it, or the manifest's part that is used here. */
export function readManifest(manifest: string): { readonly manifest: KnownManifest } | { readonly broken: string } {
  let json: unknown;
  try {
    json = JSON.parse(manifest);
  } catch (error) {
    return { broken: `manifest: ${error instanceof Error ? error.message : String(error)}` };
  }
  const result = shape.safeParse(json);
  if (!result.success) return { broken: `manifest: ${z.prettifyError(result.error).replaceAll("\n", "; ")}` };
  const { arms, frontier, values } = result.data;
  const clusters = values.mix.length;
  const sized = [...frontier.rows.map((row) => row.shares), values.reward, values.cost, values.redemption];
  const fits = sized.every((rows) => rows.length === clusters && rows.every((row) => row.length === arms.length));
  return fits
    ? { manifest: result.data }
    : { broken: `manifest: a table is not ${clusters} clusters × ${arms.length} arms` };
}
