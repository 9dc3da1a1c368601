// Requests for decisions that come by the clock whatever becomes of them (open loop), over connections that stay open: how
// long each took from when it was due, and whether it had its decision.

import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../src/domain/random.ts";
import { benchSession } from "../serve/serve-world.ts";
import { quantiles } from "../lib/quantile.ts";

const PACE_MS = 4;
const WARM_UP_SECONDS = 3;
/** What a client waits by default: later is as good as pending. */
export const PENDING_MS = 50;

export interface HttpLatency {
  readonly p50: number;
  readonly p99: number;
  /** Share that had no decision within 50 ms. */
  readonly pending: number;
  readonly requests: number;
  /** By status, what was not answered 200. */
  readonly others: Readonly<Record<string, number>>;
}

export interface HttpLoadOptions {
  readonly users: number;
  readonly rates: readonly number[];
  readonly secondsARate: number;
}

/** Warmed at the highest rate first. */
export async function httpLatencies(address: string, options: HttpLoadOptions): Promise<Record<string, HttpLatency>> {
  const load = new HttpLoad(address, options.users);
  await load.run(Math.max(...options.rates), WARM_UP_SECONDS);
  const figures: Record<string, HttpLatency> = {};
  for (const perSecond of options.rates) figures[perSecond] = await load.run(perSecond, options.secondsARate);
  load.end();
  return figures;
}

class HttpLoad {
  readonly #url: URL;
  readonly #users: number;
  readonly #random = seededRandom("bench gateway");
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 512 });
  readonly #run = Date.now().toString(36);
  #sent = 0;

  constructor(address: string, users: number) {
    this.#url = new URL("/v1/decisions", address);
    this.#users = users;
  }

  async run(perSecond: number, seconds: number): Promise<HttpLatency> {
    const tookMs: number[] = [];
    const others: Record<string, number> = {};
    const asked: Promise<void>[] = [];
    const startMs = performance.now();
    for (let tick = 0; tick * PACE_MS < seconds * 1_000; tick += 1) {
      const dueMs = startMs + tick * PACE_MS;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const upTo = (ticks: number): number => Math.floor((perSecond * ticks * PACE_MS) / 1_000);
      for (let count = upTo(tick + 1) - upTo(tick); count > 0; count -= 1)
        asked.push(
          this.#ask().then((status) => {
            if (status === 200) tookMs.push(performance.now() - dueMs);
            else others[status] = (others[status] ?? 0) + 1;
          }),
        );
    }
    await Promise.all(asked);
    const of = quantiles(tookMs);
    const at = (share: number): number => tenths(of(share));
    const late = tookMs.filter((ms) => ms > PENDING_MS).length + asked.length - tookMs.length;
    return { p50: at(0.5), p99: at(0.99), pending: late / asked.length, requests: asked.length, others };
  }

  async #ask(): Promise<number> {
    const { atMs: _, ...session } = benchSession(this.#random, this.#sent++, this.#random.below(this.#users), 0);
    const sessionId = `${this.#run} ${session.sessionId}`;
    // Long enough that every request has its decision: how many would have been pending is counted here.
    const body = JSON.stringify({ ...session, sessionId, timeoutMs: 10_000 });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    return await new Promise((resolve) => {
      const asking = request(this.#url, { method: "POST", agent: this.#agent, headers }, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
      });
      asking.on("error", () => resolve(0)).end(body);
    });
  }

  end(): void {
    this.#agent.destroy();
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
