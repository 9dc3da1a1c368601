// stipend pacing status: where each campaign's money is, and where it is going.

import { setTimeout as sleep } from "node:timers/promises";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { BudgetStatus } from "../../../domain/campaign/control.ts";
import { defineCommand } from "../../command.ts";
import { DONE, type Context } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { flag, option } from "../../options.ts";
import { asText } from "../../../settings/parse.ts";
import { readSurroundings } from "../../../workflows/control/surroundings.ts";
import { StatusBoard } from "../../../workflows/control/pacing/status-board.ts";
import { statusJson, statusText } from "../../../workflows/control/pacing/status-text.ts";

const WATCH_MS = 1_000;

export const command = defineCommand({
  summary: "where each campaign's money is, and where it is going",
  description:
    "For each campaign the budget, what is handed out to the shards, reserved, spent and expired, the curve's target now, the budget " +
    "level with what one more unit of money would bring, the forecast of the period's end, the shards that lag, and what somebody should look at. With --watch it is drawn " +
    "again as it changes, until Ctrl-C. It reads the log, and needs no running allocator.",
  examples: [
    "stipend pacing status",
    "stipend pacing status --campaign spring --watch",
    "stipend pacing status --json",
  ],
  options: {
    campaign: option("id", "this campaign only", asText),
    watch: flag("go on, and draw it again as it changes"),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, { campaign, watch }) {
    return await withLog(context, async (log) => {
      const board = new StatusBoard();
      await board.refresh(log);
      const found = board.statuses(campaign);
      if (found.length === 0 && !watch)
        throw new InvalidInput(
          campaign === undefined ? "there is no campaign yet" : `--campaign: there is no campaign ${campaign} yet`,
        );
      const around = await readSurroundings(log, context.nowMs());
      show(context, found, around, watch);
      while (watch && (await slept(context.signal)))
        if (await board.refresh(log))
          show(context, board.statuses(campaign), await readSurroundings(log, context.nowMs()), watch);
      return DONE;
    });
  },
});

function show(
  { json, output, stdin }: Context,
  statuses: readonly BudgetStatus[],
  around: Awaited<ReturnType<typeof readSurroundings>>,
  watch: boolean,
): void {
  const known = statuses.map((status) => ({ status, surrounding: around(status.campaign, status.shards) }));
  if (json) return known.forEach(({ status, surrounding }) => output.item(statusJson(status, surrounding), () => ""));
  const texts = known.map(({ status, surrounding }) => statusText(status, surrounding));
  const text = texts.length === 0 ? "there is no campaign yet" : texts.join("\n\n");
  if (watch && stdin.isTTY === true) output.redraw(() => text);
  else output.item({}, () => text);
}

/** False when the signal came first. */
async function slept(signal: AbortSignal): Promise<boolean> {
  return await sleep(WATCH_MS, true, { signal }).catch(() => false);
}
