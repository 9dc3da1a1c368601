// stipend pacing curve: how the budget goes out over the period, and who sets the plan by it.

import { InvalidInput, PACING_CONTROLLERS } from "../../../domain/campaign/campaign.ts";
import { many, option } from "../../options.ts";
import { asOneOf } from "../../../settings/parse.ts";
import { asPoint } from "../../../workflows/control/pacing/curve-point.ts";
import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "set the curve that a campaign's budget follows",
  description:
    "asap lets all of the budget out at once, even follows the traffic, points follows what is given: by each time, the " +
    "share of the budget; rising, inside the period, ending with 1.",
  examples: [
    "stipend pacing curve --mode even --controller pi",
    "stipend pacing curve --points 2026-05-01T12:00:00Z=0.3 2026-05-01T20:00:00Z=1 --dry-run",
  ],
  options: {
    mode: option("mode", "asap, even or points (default with --points: points)", asOneOf(["asap", "even", "points"])),
    points: many("time=share", "points of the curve", asPoint),
    controller: option("name", `${PACING_CONTROLLERS.join(", ")} (default: as it is)`, asOneOf(PACING_CONTROLLERS)),
  },
  action({ mode, points, controller }) {
    if (mode === undefined && points.length === 0) throw new InvalidInput("--mode: name it, or give --points");
    return { kind: "set_curve", mode: mode ?? "points", points, controller: controller ?? null };
  },
});
