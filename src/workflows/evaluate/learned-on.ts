// Learned on
// Whether a release is about to be judged on the rows that it was learned from, as far as its evidence tells. Such figures
// flatter it.

import path from "node:path";
import { z } from "zod";
import type { OpenRelease } from "./open-releases.ts";

const evidenceSchema = z.object({ data: z.object({ files: z.array(z.string()) }) });

/** A warning for each release that has seen these rows. */
export function learnedOn(releases: readonly OpenRelease[], files: readonly string[]): string[] {
  const names = new Set(files.map((file) => path.basename(file)));
  return releases.flatMap(({ label, evidenceText }) => {
    const same = parsed(evidenceText)
      ?.data.files.map((file) => path.basename(file))
      .filter((name) => names.has(name));
    if (same === undefined || same.length === 0) return [];
    return [
      `release ${label} was learned from ${same.join(", ")}, and its own rows flatter it: judge it on rows of another ` +
        "log; what its plans are worth on rows that they had not seen is in its evidence.json, under policy",
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
