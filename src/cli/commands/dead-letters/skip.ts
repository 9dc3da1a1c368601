// stipend dead-letters skip: pass over one record that an allocator cannot get past.

import { asText, asWait } from "../../../settings/parse.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { placeText } from "../../../workflows/topics/dead-letters.ts";
import { skipRecord } from "../../../workflows/topics/skip-record.ts";
import { defineCommand } from "../../command.ts";
import { asPlace } from "../../dead-letter-options.ts";
import { required, withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "pass over one record that an allocator cannot get past",
  description:
    "No record should stop a task. When one does all the same, the allocator ends and names it, with its topic, partition and " +
    "offset, and ends at it again after each start. This moves the position of that task behind it, keeps the record as a dead " +
    "letter with the reason skipped, and does nothing else. It takes the task over for a moment: stop every allocator first. " +
    "Money that the record would have moved is not moved; tell us of the record.",
  examples: ["stipend dead-letters skip --topic sessions --at 3@1234"],
  options: {
    topic: required("topic", "where the record is", asText),
    at: required("place", "its place, partition@offset", asPlace),
    timeout: withDefault("duration", "how long to wait for the partition, such as 30s", asWait, 60_000),
  },
  async run(context, { topic, at, timeout }) {
    const { output } = context;
    const skipped = await withLog(context, (log) => skipRecord(context, log, { topic, at, timeoutMs: timeout }));
    if ("refused" in skipped) {
      output.note(skipped.refused);
      return CHECK_FAILED;
    }
    const { kind } = skipped;
    output.result({ topic, ...at, kind }, () => `${kind} goes on behind ${topic} ${placeText(at)}`);
    return DONE;
  },
});
