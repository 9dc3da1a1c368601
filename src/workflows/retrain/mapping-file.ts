// Mapping file: read and parsed; what is wrong with it is said with its name.

import { readFile } from "node:fs/promises";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { parseMapping, type Mapping } from "../../learn/data/mapping/mapping.ts";

export async function readMappingFile(file: string): Promise<Mapping> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new InvalidInput(`--mapping ${file}: ${errorMessage(error)}`);
  });
  return parseMapping(text, file);
}
