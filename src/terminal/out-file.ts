// Out file: where a command writes a file of its own; refused before the work, so that no work is lost for it.

import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { InvalidInput } from "../domain/campaign/campaign.ts";

/** `inputs`: what the command reads; writing over one would lose it. */
export function checkOutFile(out: string, force: boolean, inputs: readonly string[] = []): void {
  const same = inputs.find((input) => isSameFile(input, out));
  if (same !== undefined) throw new InvalidInput(`--out ${out}: it is ${same}, which is read`);
  if (!existsSync(path.dirname(out))) throw new InvalidInput(`--out ${out}: there is no folder ${path.dirname(out)}`);
  if (!force && existsSync(out)) throw new InvalidInput(`--out ${out}: it is there already; --force replaces it`);
}

/** Also by another name of it: a link, or another way to its folder. */
function isSameFile(one: string, other: string): boolean {
  if (path.resolve(one) === path.resolve(other)) return true;
  const [a, b] = [one, other].map((name) => statSync(name, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino !== 0 && a.ino === b.ino && a.dev === b.dev;
}
