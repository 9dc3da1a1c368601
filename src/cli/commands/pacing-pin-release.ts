// stipend pacing pin-release: a release that stays in force, whatever retraining brings.

import { InvalidInput } from "../../domain/campaign.ts";
import { asText, flag, option } from "../options.ts";
import { steeringCommand } from "../pacing/steering.ts";

export const command = steeringCommand({
  summary: "put a release in force and keep it there, or unpin it",
  description:
    "While a release is pinned, promotions and rollbacks are refused, by hand and by retraining; pinning another one " +
    "takes its place.",
  examples: ["stipend pacing pin-release --release 3f9a… --wait", "stipend pacing pin-release --none"],
  options: {
    release: option("hash", "of a published release", asText),
    none: flag("unpin: what is in force stays until another is promoted"),
  },
  action({ release, none }) {
    if ((release === undefined) !== none) throw new InvalidInput("--release: name it, or --none, and not both");
    return { kind: "pin_release", release: release ?? null };
  },
});
