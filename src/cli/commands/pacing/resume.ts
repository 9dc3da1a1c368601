// stipend pacing resume: go on with a paused campaign.

import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "go on with a paused campaign",
  description: "Incentives are given again.",
  examples: ["stipend pacing resume --campaign spring --wait"],
  options: {},
  action: () => ({ kind: "resume" }),
});
