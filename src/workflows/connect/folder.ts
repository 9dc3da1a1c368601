// Folder: one that a setting or an option names, made where it is missing, for its owner alone.

import { mkdirSync } from "node:fs";
import { InvalidInput } from "../../domain/campaign/campaign.ts";

/** What another path would cure. */
const OF_THE_PATH = new Set(["EEXIST", "ENOTDIR", "EACCES", "EPERM", "EROFS", "ENAMETOOLONG", "ELOOP"]);

/** Throws InvalidInput that names the setting where there can be none. */
export function makeFolder(setting: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && OF_THE_PATH.has(String(error.code)))) throw error;
    const why = error.code === "EEXIST" || error.code === "ENOTDIR" ? "it is a file, or below one" : error.message;
    throw new InvalidInput(
      `${setting}: ${folder} cannot be a folder: ${why}; name a folder, or a path at which one can be made`,
      { cause: error },
    );
  }
}
