// Gateway
// Decisions over HTTP for applications that have no client of the log: a client of the log like any other, which writes
// sessions, outcomes and profiles and follows `decisions` and `dead-letters`. It keeps nothing that the log does not have, so
// any number of them run side by side, and one may be killed at any moment.

import { withOpenApi } from "../http/openapi.ts";
import { createHttp, listen, type HttpSettings } from "../http/server.ts";
import type { EventLog } from "../log/event-log.ts";
import { followTopics, lastOf, type Following } from "../log/reading/follow.ts";
import { placementOf } from "../log/placement.ts";
import { GatewayMetrics } from "../observe/gateway-metrics.ts";
import { Decisions } from "./decisions.ts";
import { PublishedSession } from "./recorded.ts";
import { RewardNames } from "./reward-names.ts";
import { addRoutes } from "./routes.ts";
import { SessionWriter } from "./writer.ts";

export interface GatewayOptions {
  /** Closed by whoever opened it. */
  readonly log: EventLog;
  readonly http: HttpSettings;
  /** Requests for a decision that may wait at a time. */
  readonly mostInFlight: number;
  /** How long a session waits for others to be written with. */
  readonly lingerMs: number;
  readonly nowMs: () => number;
  /** Never runs back. */
  readonly elapsedMs: () => number;
}

export interface Gateway {
  /** `http://host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** Of all partitions together: what is known of before the start. */
const READ_AT_START = 50_000;

/** Answers from the moment that it has caught up with what was there. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, http, nowMs, elapsedMs } = options;
  const placement = await placementOf(log, "sessions");
  const writer = new SessionWriter(log, options.lingerMs, elapsedMs);
  const recorded = new PublishedSession(log);
  const decisions = new Decisions({
    placement,
    writer,
    recorded,
    nowMs,
    elapsedMs,
    mostInFlight: options.mostInFlight,
  });
  const rewardNames = new RewardNames();
  const app = createHttp(http);
  const troubles = (): string | null => (followed?.isTroubled() === true ? "the log cannot be read" : null);
  const metrics = new GatewayMetrics({
    waiting: () => decisions.waiting,
    isTroubled: () => writer.isStuck || troubles() !== null,
  });
  const stop = new AbortController();
  let followed: Following | null = null;
  const takes: Readonly<Record<string, (value: Uint8Array) => void>> = {
    decisions: (value) => decisions.decided(value),
    "dead-letters": (value) => decisions.dead(value),
    "budget-pacing": (value) => rewardNames.command(value),
  };
  const back = {
    "budget-pacing": Infinity,
    decisions: Math.ceil(READ_AT_START / placement.partitions),
    "dead-letters": 0,
  };
  try {
    followed = await followTopics(
      log,
      Object.entries(back).map(([topic, records]) => ({ topic, from: lastOf(records) })),
      {
        onRecords: (records) => {
          for (const { topic, value } of records) if (value !== null) takes[topic]?.(value);
          const last = records.findLast(({ topic }) => topic === "decisions");
          if (last !== undefined) metrics.followed(nowMs() - last.timestampMs);
        },
        onTrouble: (text) => http.onTrouble(text ?? "the log can be read again"),
        signal: stop.signal,
      },
    );
    await followed.caughtUp;
    metrics.addTo(app);
    await withOpenApi(app, {
      title: "Stipend gateway",
      description: "Ask for a decision, tell what became of it, and look a user's decisions up.",
    });
    addRoutes(app, {
      decisions,
      recorded,
      rewardNames,
      writer,
      placement,
      nowMs,
      troubles,
    });
    const address = await listen(app, http);
    return {
      address,
      async close() {
        await app.close();
        stop.abort();
      },
    };
  } catch (error) {
    stop.abort();
    await app.close();
    throw error;
  }
}
