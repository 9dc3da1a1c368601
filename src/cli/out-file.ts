// Out file: where a command writes a file of its own; refused before the work, so that no work is lost for it.

import { existsSync } from "node:fs";
import path from "node:path";
import { InvalidInput } from "../domain/campaign.ts";

export function checkOutFile(out: string, force: boolean): void {
  if (!existsSync(path.dirname(out))) throw new InvalidInput(`--out ${out}: there is no folder ${path.dirname(out)}`);
  if (!force && existsSync(out)) throw new InvalidInput(`--out ${out}: it is there already; --force replaces it`);
}
