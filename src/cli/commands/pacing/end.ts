// stipend pacing end: end a campaign for good.

import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "end a campaign for good",
  description:
    "Nothing is given any more and what lies free is asked back; open incentives stay valid and are paid. An ended campaign takes no more commands.",
  examples: ["stipend pacing end --campaign spring --wait"],
  options: {},
  action: () => ({ kind: "end" }),
});
