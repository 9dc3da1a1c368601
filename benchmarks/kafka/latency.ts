// How long a decision takes on Kafka, at rates: from when a session was due to be sent until its decision was read, for
// sessions that come by the clock whatever becomes of them (open loop). Sender and reader are this process.

import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { KafkaLog } from "../../src/log/kafka/log.ts";
import { sessionRecord } from "./world.ts";
import { benchSession } from "../serve/serve-world.ts";
import { quantiles } from "../lib/quantile.ts";

export interface LatencyOptions {
  readonly partitions: number;
  readonly users: number;
  readonly rates: readonly number[];
  readonly secondsARate: number;
}

export type LatencyFigures = Readonly<
  Record<string, { readonly p50: number; readonly p99: number; readonly decisions: number }>
>;

const PACE_MS = 4;
const WARM_UP_SECONDS = 3;

/** Of whoever serves; warmed at the highest rate first. */
export async function latencies(log: KafkaLog, options: LatencyOptions): Promise<LatencyFigures> {
  const load = new PacedLoad(log, options);
  await load.run(Math.max(...options.rates), WARM_UP_SECONDS);
  const figures: Record<string, LatencyFigures[string]> = {};
  for (const perSecond of options.rates) {
    const latenciesMs = await load.run(perSecond, options.secondsARate);
    const at = quantiles(latenciesMs);
    figures[perSecond] = { p50: Math.round(at(0.5)), p99: Math.round(at(0.99)), decisions: latenciesMs.length };
  }
  await load.end();
  return figures;
}

/** Of all loads of this process: an id names one session for ever. */
let sent = 0;

/** Sends by the clock and follows the decisions. */
class PacedLoad {
  readonly #log: KafkaLog;
  readonly #users: number;
  readonly #random = seededRandom("bench paced");
  readonly #dueMs = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #following: Promise<unknown>;
  #latenciesMs: number[] = [];

  constructor(log: KafkaLog, { partitions, users }: LatencyOptions) {
    this.#log = log;
    this.#users = users;
    this.#following = Promise.all(Array.from({ length: partitions }, (_, partition) => this.#follow(partition)));
  }

  async #follow(partition: number): Promise<void> {
    const codec = codecFor("decisions");
    for await (const batch of this.#log.read("decisions", partition, 0, { follow: true, signal: this.#stop.signal })) {
      const nowMs = performance.now();
      for (const { value } of batch) {
        const { sessionId } = codec.decode(must(value, "a decision"));
        const dueMs = this.#dueMs.get(sessionId);
        // Another load's, of before.
        if (dueMs === undefined) continue;
        this.#latenciesMs.push(nowMs - dueMs);
        this.#dueMs.delete(sessionId);
      }
    }
  }

  /** Open loop: what is late does not make the next wait. */
  async run(perSecond: number, seconds: number): Promise<number[]> {
    this.#latenciesMs = [];
    const startMs = performance.now();
    const sending: Promise<void>[] = [];
    for (let tick = 0; tick * PACE_MS < seconds * 1_000; tick += 1) {
      const dueMs = startMs + tick * PACE_MS;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const upTo = (ticks: number): number => Math.floor((perSecond * ticks * PACE_MS) / 1_000);
      sending.push(this.#send(upTo(tick + 1) - upTo(tick), dueMs));
    }
    await Promise.all(sending);
    while (this.#dueMs.size > 0) await sleep(5);
    return this.#latenciesMs;
  }

  async #send(count: number, dueMs: number): Promise<void> {
    const records = Array.from({ length: count }, () => {
      const session = benchSession(this.#random, sent++, this.#random.below(this.#users), Date.now());
      this.#dueMs.set(session.sessionId, dueMs);
      return sessionRecord(session);
    });
    await this.#log.send(records);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}
