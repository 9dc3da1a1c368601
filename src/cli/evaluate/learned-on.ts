// Learned on
// Whether a release is about to be judged on the rows that it was learned from, as far as its evidence tells. Such figures
// flatter it.

import path from "node:path";
import { z } from "zod";
import type { OpenRelease } from "./open-releases.ts";

const evidenceSchema = z.object({ seed: z.number(), data: z.object({ files: z.array(z.string()) }) });

export interface Judging {
  readonly files: readonly string[];
  readonly split: "all" | "test";
  readonly seed: number;
}

/** A warning for each release that has seen these rows. */
export function learnedOn(releases: readonly OpenRelease[], { files, split, seed }: Judging): string[] {
  const names = new Set(files.map((file) => path.basename(file)));
  return releases.flatMap(({ label, evidenceText }) => {
    const evidence = parsed(evidenceText);
    const same = evidence?.data.files.map((file) => path.basename(file)).filter((name) => names.has(name)) ?? [];
    if (evidence === null || same.length === 0 || (split === "test" && evidence.seed === seed)) return [];
    return [
      `release ${label} was learned from ${same.join(", ")}, and its own rows flatter it: ` +
        `\`--rows test --seed ${evidence.seed}\` keeps to those that it has not seen`,
    ];
  });
}

/** Null where there is none, as in a release made by hand. */
function parsed(text: string): z.infer<typeof evidenceSchema> | null {
  try {
    const result = evidenceSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
