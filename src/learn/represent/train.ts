// Being built: the signature that the other steps integrate against.
import type { Dataset, Progress, Representation } from "../nouns.ts";
import type { NetworkOptions } from "./options.ts";

export function trainRepresentation(
  _dataset: Dataset,
  _options: Partial<NetworkOptions>,
  _seed: number,
  _progress: Progress,
): Promise<Representation> {
  throw new Error("not yet");
}
