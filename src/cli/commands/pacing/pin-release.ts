// stipend pacing pin-release: a release that stays in force, whatever retraining brings.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { flag, option } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import { pickRelease } from "../../../workflows/control/release-list.ts";
import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "put a release in force and keep it there, or unpin it",
  description:
    "While a release is pinned, promotions and rollbacks are refused, by hand and by retraining; pinning another one " +
    "takes its place.",
  examples: ["stipend pacing pin-release --release 3f9a1c --wait", "stipend pacing pin-release --none"],
  options: {
    release: option("hash", "of a published release, or its beginning", asText),
    none: flag("unpin: what is in force stays until another is promoted"),
  },
  async action({ release, none }, log, campaign) {
    if ((release === undefined) !== none) throw new InvalidInput("--release: name it, or --none, and not both");
    if (release === undefined) return { kind: "pin_release", release: null };
    const { record } = await pickRelease(log, release, campaign);
    return { kind: "pin_release", release: record.hash };
  },
});
