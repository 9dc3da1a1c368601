// Steering: what the commands of `stipend pacing` that change something have in common. Each says only what it asks for;
// the sending, the waiting and the answers are control.ts's.

import type { PacingAction } from "../../domain/control.ts";
import type { EventLog } from "../../log/event-log.ts";
import { defineCommand, type Command } from "../command.ts";
import { campaignOr, runSteering, STEERING, type Steering } from "../control.ts";
import { withLog } from "../open-log.ts";
import { asText, option, type Options, type ValuesOf } from "../options.ts";

const CAMPAIGN = { campaign: option("id", "the campaign (default: the only one there is)", asText) } as const;

interface SteeringTable<O extends Options> {
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly [string, ...string[]];
  readonly options: O;
  /** What is asked of the campaign. */
  action(values: ValuesOf<O>, log: EventLog, campaign: string): PacingAction | Promise<PacingAction>;
}

const ANSWERS =
  "The treasurer answers: accepted with the new revision, or refused with the reason (exit 1). With --dry-run it answers " +
  "what would change; with --wait the command ends when every partition has applied it.";

export function steeringCommand<O extends Options>(table: SteeringTable<O>): Command {
  return defineCommand({
    summary: table.summary,
    description: `${table.description} ${ANSWERS}`,
    examples: table.examples,
    options: { ...CAMPAIGN, ...table.options, ...STEERING },
    endsBySignal: true,
    async run(context, merged) {
      // The types of three tables do not come together over a generic one.
      const values = merged as unknown as ValuesOf<typeof CAMPAIGN> & Steering & ValuesOf<O>;
      return await withLog(context, async (log) => {
        const campaign = await campaignOr(log, values.campaign);
        const action = await table.action(values, log, campaign);
        return await runSteering(context, log, campaign, action, values);
      });
    },
  });
}
