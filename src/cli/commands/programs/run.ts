// stipend run: the allocator by itself, on whatever log the settings name, until a signal.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { asInteger, asOneOf } from "../../../settings/parse.ts";
import { isShared } from "../../../workflows/connect/open-log.ts";
import { run } from "../../../workflows/run/run.ts";
import { runWorkers } from "../../../workflows/run/workers.ts";
import { defineCommand } from "../../command.ts";
import { flag, withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "run the allocator on the log that the settings name",
  description:
    "Makes the topics that are missing, takes part in the work (on Kafka with all who run under the same " +
    "STIPEND_APPLICATION, on the embedded log alone), decides sessions, grants budgets, and trains anew in a process of its " +
    "own when STIPEND_RETRAIN_ROWS or STIPEND_RETRAIN_PERIOD_MS says so; what comes out is a candidate. SIGTERM or Ctrl-C " +
    "finishes what is under way, gives the partitions back and ends with 0.",
  examples: ["stipend run", "KAFKA_BROKERS=127.0.0.1:9092 stipend run --workers 2"],
  options: {
    workers: withDefault(
      "number",
      "so many processes that share the work, on Kafka",
      asInteger({ min: 1, max: 64 }),
      1,
    ),
    acceptClock: flag("start although the clock is far ahead of the run before: it is right"),
    withoutRetraining: flag("never train anew"),
    log: withDefault(
      "format",
      "text, json (an object a line: time, level, message and what it is about), or auto: json where no terminal is",
      asOneOf(["auto", "text", "json"]),
      "auto",
    ),
    standby: flag(
      "keep copies of the partitions that others run, so that a takeover starts warm, on Kafka: disk and reading for a whole copy",
    ),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, { workers, withoutRetraining, standby, acceptClock }) {
    if (standby && !isShared(context.config))
      throw new InvalidInput(
        "--standby: the embedded log gives all partitions to one process: there is nothing to stand by for. " +
          "Run without --standby, or on Kafka (KAFKA_BROKERS)",
      );
    if (workers > 1) {
      if (!isShared(context.config))
        throw new InvalidInput(
          "--workers: the embedded log gives all partitions to one process: several would wait for each other's disk. " +
            "Run without --workers, or on Kafka (KAFKA_BROKERS)",
        );
      return await runWorkers(context, workers, [
        ...(withoutRetraining ? ["--without-retraining"] : []),
        ...(standby ? ["--standby"] : []),
        ...(acceptClock ? ["--accept-clock"] : []),
        ...["--log", context.log],
      ]);
    }
    return await run(context, { retraining: !withoutRetraining, standby, acceptClock });
  },
});
