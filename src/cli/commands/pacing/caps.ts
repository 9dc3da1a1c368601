// stipend pacing caps: how many incentives one user may get.

import { InvalidInput, type Cap } from "../../../domain/campaign/campaign.ts";
import { flag, many } from "../../options.ts";
import { asDuration, asInteger, type Parse } from "../../../settings/parse.ts";
import { steeringCommand } from "../../steering.ts";

const asMost = asInteger({ min: 1 });

const asCap: Parse<Cap> = (typed) => {
  const [most = "", window = "", ...more] = typed.split("/");
  if (window === "" || more.length > 0)
    throw new InvalidInput(`expected a number of incentives, / and a time, such as 2/7d, got "${typed}"`);
  return { max: asMost(most), windowMs: asDuration(window) };
};

export const command = steeringCommand({
  summary: "set how many incentives of a campaign a user may get",
  description: "The caps given take the place of those in force; each counts in a window that moves with the clock.",
  examples: ["stipend pacing caps --cap 1/1d 3/30d", "stipend pacing caps --none"],
  options: {
    cap: many("most/window", "at most so many incentives per user in any such time: 2/7d", asCap),
    none: flag("no caps at all"),
  },
  action({ cap, none }) {
    if ((cap.length === 0) !== none) throw new InvalidInput("--cap: name at least one, or --none, and not both");
    return { kind: "set_caps", caps: cap };
  },
});
