// stipend day: plays a whole campaign day on a log of its own and reports on it. `npm start` is this.

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { renderDayReport } from "../../../report/day/day-report.ts";
import { defineCommand } from "../../command.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { makeFolder } from "../../../workflows/connect/folder.ts";
import { dayJson, dayReport, dayText } from "../../../workflows/day/day-output.ts";
import { playCampaignDay } from "../../../workflows/day/play.ts";
import { serveDay } from "../../../workflows/day/serve-day.ts";
import { SYNTHETIC_ROWS } from "../../../workflows/day/setting.ts";
import { flag, many, option, withDefault } from "../../options.ts";
import { SETTINGS } from "../../../settings/table/settings.ts";
import { asInteger, asAmount, asNumber, asText } from "../../../settings/parse.ts";

/** A third of the time of `train`: on logs of this size the rest is the fourth decimal of the loss, and a minute. */
const TRAIN_ARGS = ["--epochs", "17", "--learners", "network"];
const TICK_MS = 60_000;
/** In scaled real time a tick is short enough for the eye, and long enough for the machine. */
const REAL_TICK_MS = 50;
const LONGEST_TICK_MS = 5 * 60_000;

export const command = defineCommand({
  summary: "train a release, play a day of users against the allocator, and report",
  description:
    "Trains a first release from a randomised log, lets a day's users arrive at the allocator, retrains in the middle, " +
    "proves the money from the topics and writes a report. Without --data the log and the users are synthetic, with a " +
    "known truth; with --data one part of the log trains and the users of the other arrive. Everything is below " +
    "`day` beside STIPEND_DIR, which is emptied first. Ends by itself with --exit or --json.",
  examples: [
    "stipend day --exit",
    "stipend day --data log.csv.gz --mapping mapping.yaml --budget 500000",
    "stipend day --speed 600",
  ],
  options: {
    data: many("file", "randomised log, CSV or Parquet (default: a synthetic world)", asText),
    mapping: option("file", "what the log's columns mean", asText),
    budget: option(
      "amount",
      "budget of the plan: minor units, or 5000.00EUR (default: a share of what the dearest plan spends)",
      asAmount,
    ),
    seed: withDefault("number", "seed of everything that is drawn", asInteger({ min: 0 }), 1),
    speed: option("factor", "virtual seconds a real second (default: as fast as it goes)", asNumber({ min: 1 })),
    sessions: option(
      "number",
      "sessions of the day (default: 150,000, or the log's held-back rows)",
      asInteger({ min: 100 }),
    ),
    rows: withDefault("number", "rows of the synthetic randomised log", asInteger({ min: 1_000 }), SYNTHETIC_ROWS),
    release: option("folder", "serve this release first instead of training one", asText),
    retrainings: option("number", "how often it retrains on the day (default: once)", asInteger({ min: 0, max: 5 })),
    exit: flag("end after the report instead of serving it"),
  },
  endsBySignal: true,
  async run(context, values) {
    if (values.data.length > 0 !== (values.mapping !== undefined))
      throw new InvalidInput("--data and --mapping belong together: name both or neither");
    const folder = path.join(path.dirname(context.config.dir), "day");
    makeFolder(SETTINGS.dir.env, folder);
    const result = await playCampaignDay(context, {
      data: values.data,
      mapping: values.mapping,
      budget: values.budget,
      seed: values.seed,
      sessions: values.sessions,
      rows: values.rows,
      speed: values.speed ?? null,
      tickMs: values.speed === undefined ? TICK_MS : Math.min(LONGEST_TICK_MS, Math.ceil(REAL_TICK_MS * values.speed)),
      release: values.release,
      retrainings: values.retrainings ?? 1,
      trainArgs: TRAIN_ARGS,
      folder,
    });
    const report = path.join(folder, "report.html");
    const page = await renderDayReport(dayReport(result, values.seed, "stipend day"));
    await writeFile(report, page);
    context.output.result(dayJson(result, report), () => dayText(result, report));
    if (!values.exit && !context.json) await serveDay(context, result, page);
    return result.verified.ok && result.summary.overspend === 0 ? DONE : CHECK_FAILED;
  },
});
