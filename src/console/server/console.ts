// Console
// A page for people over what is on the log: it follows the log into a live model and answers pages of it, once or as
// Server-Sent Events. It only reads, unless it is opened with commands; those go to `budget-pacing` like anybody's.

import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback } from "../../http/address.ts";
import { createHttp, listen, type HttpSettings } from "../../http/server.ts";
import type { EventLog } from "../../log/event-log.ts";
import { LiveModel } from "../views/live-model.ts";
import { addAssets } from "./assets.ts";
import { addCommands } from "./commands.ts";
import { Follower } from "./follower.ts";
import { LivePages } from "./live-pages.ts";
import { addPages } from "./pages.ts";

export interface ConsoleOptions {
  readonly log: EventLog;
  readonly http: HttpSettings;
  /** Whether those with a token of the scope `command` may steer campaigns; without tokens nobody may. */
  readonly commands: boolean;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

export interface Console {
  /** `http://host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** What a page has to know of the console itself. */
export interface ConsoleFacts {
  readonly commands: boolean;
}

const LOOK_MS = 200;

export async function openConsole(options: ConsoleOptions): Promise<Console> {
  const { log, http, nowMs } = options;
  const commands = options.commands && http.tokens !== null;
  const model = new LiveModel();
  const live = new LivePages(nowMs);
  const ending = new AbortController();
  const app = createHttp(http);
  addAssets(app);
  addPages(app, { model, live, nowMs, scope: isLoopback(http.host) ? undefined : "read" });
  app.get("/api/console", () => ({ commands }) satisfies ConsoleFacts);
  if (commands) addCommands(app, { ...options, model, signal: ending.signal });
  const following = follow(new Follower({ log, model, nowMs }), live, ending.signal);
  const end = async (): Promise<void> => {
    ending.abort();
    live.close();
    await app.close();
    await following;
  };
  try {
    return { address: await listen(app, http), close: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Until the signal; what the log says when it cannot be read is told to whoever looks. */
async function follow(follower: Follower, live: LivePages, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await follower.look(signal);
      live.told(null);
    } catch (error) {
      if (!signal.aborted) live.told(error instanceof Error ? error.message : String(error));
    }
    live.send();
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
