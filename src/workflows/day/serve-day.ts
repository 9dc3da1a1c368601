// Serve a day: its report in the console, over the log that it left, at the time at which it ended.

import { openConsole } from "../../console/server/console.ts";
import { openEmbeddedLog } from "../../log/embedded/log.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Context } from "../../terminal/context.ts";
import type { DayResult } from "./play.ts";

/** Until the first signal. */
export async function serveDay(context: Context, { logFolder, campaign }: DayResult, report: string): Promise<void> {
  const { output, signal, newId, config } = context;
  const nowMs = (): number => campaign.endMs;
  const log = await openEmbeddedLog({ folder: logFolder, now: nowMs, newToken: newId });
  try {
    const opened = await openConsole({
      log,
      place: `the day's log ${logFolder}`,
      application: config.application,
      http: { host: "127.0.0.1", port: 0, tokens: null, tls: null, onTrouble: (text) => output.note(text) },
      commands: false,
      report,
      elapsedMs: systemElapsedMs,
      nowMs,
      newId,
    });
    try {
      output.note(
        `\nThe report is at ${opened.address}/report, with the day's campaign beside it, until Ctrl-C (--exit ends without it).`,
      );
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    } finally {
      await opened.close();
    }
  } finally {
    await log.close();
  }
}
