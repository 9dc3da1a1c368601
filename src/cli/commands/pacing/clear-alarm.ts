// stipend pacing clear-alarm: go on with a campaign that an alarm on its money has paused.

import { steeringCommand } from "../../steering.ts";

export const command = steeringCommand({
  summary: "go on with a campaign that an alarm on its money has paused",
  description:
    "A shard has told the treasurer what cannot be true, such as money that was never granted: somebody else has written to " +
    "grants or shard-reports. Find out who, and take the right away first (`stipend pacing status` and the dead letters say " +
    "what was told). Then this takes the word of the shards that raised the alarm for what they hold: it counts as granted, " +
    "what is out beyond the budget is asked back, and the campaign goes on as it was before.",
  examples: ["stipend pacing clear-alarm --campaign spring --wait"],
  options: {},
  action: () => ({ kind: "clear_alarm" }),
});
