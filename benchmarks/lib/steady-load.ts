// Steady load
// What stands around a serving process: sessions by the clock, whatever becomes of them (open loop), and their decisions as
// this process reads them, with how long each took from when its session was due. Users come back again and again; some
// incentives are redeemed, some users convert, and most are never heard of again, so that the allocator's timers end them.

import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import type { Decision } from "../../src/domain/decision/decision.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { EventLog, OutRecord } from "../../src/log/event-log.ts";
import { followTopics, lastOf } from "../../src/log/reading/follow.ts";
import { sessionRecord } from "../kafka/world.ts";
import { benchOutcome, benchProfile, benchSession } from "../serve/serve-world.ts";

export interface LoadOptions {
  readonly users: number;
  readonly perSecond: number;
  /** One is drawn for each session; null: that of the serve benchmark. */
  readonly campaigns: readonly string[] | null;
}

const PACE_MS = 10;
const PROFILES_AT_ONCE = 1_000;
const STEADY_LOOK_MS = 100;

export class SteadyLoad {
  readonly #log: EventLog;
  readonly #options: LoadOptions;
  readonly #random = seededRandom("steady load");
  readonly #stop = new AbortController();
  readonly #decisions = codecFor("decisions");
  readonly #dueMs = new Map<string, number>();
  #tookMs: number[] = [];
  #answers: OutRecord[] = [];
  #sending: Promise<void> = Promise.resolve();
  /** The latest decision, for whoever needs one to look like. */
  last: Decision | null = null;
  sent = 0;
  decided = 0;
  answered = 0;

  constructor(log: EventLog, options: LoadOptions) {
    this.#log = log;
    this.#options = options;
  }

  async sendProfiles(): Promise<void> {
    const codec = codecFor("profiles");
    for (let from = 0; from < this.#options.users; from += PROFILES_AT_ONCE) {
      const count = Math.min(PROFILES_AT_ONCE, this.#options.users - from);
      const profiles = Array.from({ length: count }, (_, i) => benchProfile(this.#random, from + i, Date.now()));
      await this.#log.send(
        profiles.map((profile) => ({
          topic: "profiles",
          key: Buffer.from(profile.userId),
          value: codec.encode(profile),
        })),
      );
    }
  }

  async start(): Promise<void> {
    const following = await followTopics(this.#log, [{ topic: "decisions", from: lastOf(0) }], {
      onRecords: (records) => {
        const nowMs = performance.now();
        for (const { value } of records) this.#decided(this.#decisions.decode(must(value, "a decision")), nowMs);
      },
      onTrouble: (text) => console.error(text ?? "the log can be read again"),
      signal: this.#stop.signal,
    });
    await following.caughtUp;
    this.#sending = this.#send();
  }

  /** Until no more wait than come in a second, or the patience is over: what stood still at the start has been made up for. */
  async steady(mostMs: number): Promise<void> {
    const untilMs = performance.now() + mostMs;
    while (this.last === null || (this.#dueMs.size > this.#options.perSecond && performance.now() < untilMs))
      await sleep(STEADY_LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#sending;
  }

  /** How long decisions took that came since this was asked last, ms, and how many sessions wait. */
  taken(): { readonly tookMs: readonly number[]; readonly waiting: number } {
    const tookMs = this.#tookMs;
    this.#tookMs = [];
    return { tookMs, waiting: this.#dueMs.size };
  }

  async #send(): Promise<void> {
    const { perSecond } = this.#options;
    const startMs = performance.now();
    const under = new Set<Promise<void>>();
    for (let tick = 0; !this.#stop.signal.aborted; tick += 1) {
      const dueMs = startMs + tick * PACE_MS;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const upTo = (ticks: number): number => Math.floor((perSecond * ticks * PACE_MS) / 1_000);
      const records = this.#answers;
      this.#answers = [];
      this.answered += records.length;
      for (let count = upTo(tick + 1) - upTo(tick); count > 0; count -= 1) records.push(this.#session(dueMs));
      if (records.length === 0) continue;
      const sending = this.#log.send(records).finally(() => under.delete(sending));
      under.add(sending);
    }
    await Promise.all(under);
  }

  #session(dueMs: number): OutRecord {
    const { campaigns, users } = this.#options;
    const campaign = campaigns === null ? null : must(campaigns[this.#random.below(campaigns.length)], "a campaign");
    const session = benchSession(this.#random, this.sent++, this.#random.below(users), Date.now());
    this.#dueMs.set(session.sessionId, dueMs);
    return sessionRecord(campaign === null ? session : { ...session, campaign });
  }

  #decided(decision: Decision, nowMs: number): void {
    const dueMs = this.#dueMs.get(decision.sessionId);
    if (dueMs === undefined) return;
    this.decided += 1;
    this.#dueMs.delete(decision.sessionId);
    this.#tookMs.push(nowMs - dueMs);
    this.last = decision;
    const outcome = benchOutcome(this.#random, decision, Date.now(), { converted: 1 });
    if (outcome !== null) this.#answers.push(outcome);
  }
}
