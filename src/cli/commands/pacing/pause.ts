// stipend pacing pause: stop giving incentives of a campaign, for now.

import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "stop giving incentives of a campaign, for now",
  description:
    "Sessions get no incentive (reason campaign_paused) until it is resumed; open incentives stay valid and are paid.",
  examples: ["stipend pacing pause --campaign spring --wait"],
  options: {},
  action: () => ({ kind: "pause" }),
});
