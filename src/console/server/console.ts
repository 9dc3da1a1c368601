// Console
// A page for people over what is on the log: it follows the log into a live model and answers pages of it, once or as
// Server-Sent Events. It only reads, unless it is opened with commands; those go to `budget-pacing` like anybody's.

import { setTimeout as sleep } from "node:timers/promises";
import { isLoopback } from "../../http/address.ts";
import { createHttp, listen, type HttpSettings } from "../../http/server.ts";
import type { EventLog } from "../../log/event-log.ts";
import { RunningHoldouts } from "../../workflows/evaluate/rows/running-holdout.ts";
import { LiveModel } from "../views/model/live-model.ts";
import { addAssets, addReport } from "./assets.ts";
import { addCommands } from "./commands.ts";
import type { HealthFacts } from "../views/pages/health-page.ts";
import { Follower } from "./follower.ts";
import { keepLifts } from "./lift-reader.ts";
import { LivePages } from "./live-pages.ts";
import { addLookBack } from "./look-back.ts";
import { readLogHealth } from "./log-health.ts";
import { addPages } from "./pages.ts";
import { Redriving } from "./redrive.ts";
import { Verifying } from "./verifying.ts";

export interface ConsoleOptions {
  readonly log: EventLog;
  /** Where the log is, for people. */
  readonly place: string;
  /** Under which the allocator's tasks run. */
  readonly application: string;
  readonly http: HttpSettings;
  /** Whether those with a token of the scope `command` may steer campaigns; without tokens nobody may. */
  readonly commands: boolean;
  /** A page that is shown beside the others; null: there is none. */
  readonly report: string | null;
  readonly nowMs: () => number;
  /** For how long the process has run. */
  readonly elapsedMs: () => number;
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
  readonly report: boolean;
}

/** So often pages that are open are made anew. */
const SEND_MS = 100;
/** Users, decisions and outcomes that lifts are worked out of: some 30 MB. */
const MOST_HELD = 600_000;
/** How far tasks have come is asked for less often: it is several questions to the log. */
const HEALTH_MS = 2_000;

export async function openConsole(options: ConsoleOptions): Promise<Console> {
  const { log, http, nowMs, place, application } = options;
  const commands = options.commands && http.tokens !== null;
  const model = new LiveModel();
  const live = new LivePages(nowMs);
  const ending = new AbortController();
  const { signal } = ending;
  const holdouts = new RunningHoldouts(MOST_HELD);
  const follower = new Follower({ log, model, holdouts, nowMs, onTrouble: (text) => live.told(text), signal });
  let asked: Pick<HealthFacts, "partitions" | "state"> = { partitions: null, state: null };
  const verifying = new Verifying();
  const redriving = new Redriving();
  const health = (): HealthFacts => ({
    ...{ place, ...asked, ...follower.facts() },
    ...{ verify: verifying.state, sentAgain: redriving.done },
  });
  const app = createHttp(http);
  addAssets(app);
  if (options.report !== null) addReport(app, options.report);
  const scope = isLoopback(http.host) ? undefined : "read";
  addPages(app, { log, signal, model, live, nowMs, health, scope });
  verifying.add(app, { log, scope, nowMs, signal });
  addLookBack(app, { ...options, scope, signal, onTrouble: http.onTrouble });
  app.get("/api/console", () => ({ commands, report: options.report !== null }) satisfies ConsoleFacts);
  if (commands) {
    addCommands(app, { ...options, model, signal });
    redriving.add(app, { log, nowMs, tell: http.onTrouble });
  }
  const following = follower.follow();
  const sending = again(SEND_MS, signal, async () => live.send());
  const asking = again(HEALTH_MS, signal, async () => {
    // Who may not ask for it, or a log that is away: nothing is known then.
    const [partitions, state] = await Promise.all([
      readLogHealth(log, application).catch(() => null),
      log.state().catch(() => null),
    ]);
    asked = { partitions, state };
  });
  const lifting = keepLifts({ model, holdouts, sinceMs: () => follower.facts().decisionsSinceMs, signal });
  const end = async (): Promise<void> => {
    ending.abort();
    live.close();
    await app.close();
    await Promise.all([following, sending, asking, lifting]);
  };
  try {
    return { address: await listen(app, http), close: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** One after the other until the signal, with a pause between them. */
async function again(pauseMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
