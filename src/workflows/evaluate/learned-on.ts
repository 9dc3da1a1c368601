// Learned on
// Whether a release is about to be judged on the rows that it was learned from, as far as its evidence tells. Such figures
// flatter it.

import path from "node:path";
import { z } from "zod";
import { PARTS, type LogPart } from "../../learn/data/row-keys.ts";
import type { OpenRelease } from "./open-releases.ts";

/** Evidence of earlier versions does not tell the part: then it was all rows. */
const evidenceSchema = z.object({
  data: z.object({ files: z.array(z.string()), part: z.enum(PARTS).default("all") }),
});

export interface JudgedRows {
  readonly files: readonly string[];
  readonly part: LogPart;
}

/** Each release that has seen these rows, with a warning. */
export function learnedOn(
  releases: readonly OpenRelease[],
  { files, part }: JudgedRows,
): { readonly label: string; readonly warning: string }[] {
  const names = files.map((file) => path.basename(file));
  return releases.flatMap(({ label, evidenceText }) => {
    const learned = parsed(evidenceText)?.data;
    if (learned === undefined) return [];
    const own = learned.files.map((file) => path.basename(file));
    const same = own.filter((name) => names.includes(name));
    // A row's part follows from its number in the files: it is the same one where the files are.
    const apart = learned.part === "train" && part === "test" && own.join("\n") === names.join("\n");
    if (same.length === 0 || apart) return [];
    const warning =
      `release ${label} was learned from ${same.join(", ")}, and its own rows flatter it: judge it on rows of another ` +
      "log, or train it with --rows train and judge it with --rows test; what its plans are worth on rows that they had not " +
      "seen is in its report.html";
    return [{ label, warning }];
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
