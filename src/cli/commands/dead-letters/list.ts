// stipend dead-letters list: the records that could not be used, with the reason.

import { zonedText } from "../../../domain/calendar.ts";
import { defineCommand } from "../../command.ts";
import { DONE } from "../../../terminal/context.ts";
import { CHOICE } from "../../dead-letter-options.ts";
import { letterJson, lettersOf } from "../../../workflows/topics/dead-letters.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { option } from "../../options.ts";
import { asInteger } from "../../../settings/parse.ts";
import { printableLine } from "../../../terminal/printable.ts";
import { timeZonesOn } from "../../../workflows/control/campaigns.ts";

export const command = defineCommand({
  summary: "the records that could not be used, with the reason",
  description:
    "One line a dead letter: its place, when (by the campaigns' clocks where they share a time zone, or else in UTC), its reason (docs/REASONS.md), where the record came from, and what was wrong " +
    "with it. The record itself: `stipend tail dead-letters --json`.",
  examples: ["stipend dead-letters list", "stipend dead-letters list --reason contract --topic sessions --json"],
  options: { ...CHOICE, limit: option("number", "end after so many", asInteger({ min: 1 })) },
  json: "lines",
  async run(context, { limit, ...choice }) {
    let count = 0;
    await withLog(context, async (log) => {
      const zoneOf = await timeZonesOn(log, (text) => context.output.note(text));
      for await (const placed of lettersOf(log, choice)) {
        const json = letterJson(placed);
        const from = `${json.topic} ${json.partition}@${json.offset}`;
        context.output.item(
          json,
          () =>
            `${json.at} ${zonedText(zoneOf(null), json.atMs)} ${json.reason} ${from}: ${printableLine(json.detail)}`,
        );
        count += 1;
        if (count === limit) break;
      }
    });
    if (count === 0) context.output.note("no dead letters");
    return DONE;
  },
});
