// Serve the console: over the log that the settings name, until a signal.

import { openConsole } from "../../console/server/console.ts";
import { tokenFile } from "../../http/tokens.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Context } from "../../terminal/context.ts";
import { openedAt } from "../connect/door.ts";
import { withLog } from "../connect/open-log.ts";

export interface ConsoleAddress {
  readonly host: string;
  readonly port: number;
  /** A file of tokens; null: nobody is asked who they are, which is allowed on loopback only. */
  readonly tokens: string | null;
  /** Whether those with a token of that scope may command. */
  readonly commands: boolean;
}

export async function serveConsole(context: Context, { host, port, tokens, commands }: ConsoleAddress): Promise<void> {
  const { output, nowMs, newId, signal } = context;
  const onTrouble = (text: string): void => output.note(text, { level: "warn" });
  await withLog(context, async (log) => {
    const opened = await openedAt("--host, --port", () =>
      openConsole({
        log,
        place: log.place,
        application: context.config.application,
        elapsedMs: systemElapsedMs,
        nowMs,
        newId,
        commands,
        report: null,
        http: {
          host,
          port,
          tls: null,
          onTrouble,
          tokens: tokens === null ? null : tokenFile(tokens, systemElapsedMs, onTrouble),
        },
      }),
    );
    try {
      const { address } = opened;
      output.item({ event: "console", address, commands }, () => `The console is at ${address} until Ctrl-C.`);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    } finally {
      await opened.close();
    }
  });
}
