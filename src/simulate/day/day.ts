// Day
// Plays a day of arriving users against a running allocator, in lock-step. At each tick of virtual time the sessions, profiles
// and outcomes are sent as a producer sends them, and the allocator and the treasurer work until nothing is left to do. Then
// the decisions are read from their topic, as any consumer reads them.
//
// Invariants:
//   D1. The same seed, market and allocator give the same day.
//   D2. Virtual time never passes while somebody works; so a training in the middle costs none of it, and the report says so.
//   D3. The day is over when the campaign is, every outcome has been sent and every hold has ended.

import { assert, must } from "../../domain/assert.ts";
import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { BudgetStatus } from "../../domain/campaign/control.ts";
import type { Decision } from "../../domain/decision/decision.ts";
import type { EventLog } from "../../log/event-log.ts";
import { Consumer } from "../market/consumer.ts";
import { drawResponse, respond, type DueOutcome } from "../market/responses.ts";
import { DayRecord } from "./day-record.ts";
import type { Market } from "../market/market.ts";
import { Producer } from "../market/producer.ts";
import type { DayTraffic } from "../world/traffic.ts";

/** What works: a runner of tasks that can be stepped by hand (task/runner.ts). */
export interface Stepped {
  runUntilIdle(nowMs: number): Promise<number>;
}

export interface DayParts {
  readonly log: EventLog;
  readonly allocator: Stepped;
  readonly treasurer: Stepped;
  /** The machine's stopwatch, ms. */
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Called when that share of the sessions has been decided; the virtual clock waits for it. */
  readonly pauses: readonly { readonly atShare: number; readonly run: (nowMs: number) => Promise<void> }[];
  readonly onProgress: (done: number, record: DayRecord) => void;
}

export interface SimulatedDayOptions {
  readonly campaign: Campaign;
  readonly market: Market;
  readonly traffic: DayTraffic;
  readonly seed: number;
  /** Virtual time of one step. */
  readonly tickMs: number;
  /** Virtual ms per real ms; null goes as fast as it can. */
  readonly speed: number | null;
}

/** Share of sessions that a producer sends twice. */
const RESENT_SHARE_OF = 200;

export async function playDay(parts: DayParts, options: SimulatedDayOptions): Promise<DayRecord> {
  const play = new Play(parts, options);
  await play.run();
  return play.record;
}

class Play {
  readonly record: DayRecord;
  readonly #parts: DayParts;
  readonly #options: SimulatedDayOptions;
  readonly #producer: Producer;
  readonly #decisions: Consumer<"decisions">;
  readonly #settlements: Consumer<"settlements">;
  readonly #statuses: Consumer<"budget-status">;
  /** Outcomes to be sent, by tick. */
  readonly #due = new Map<number, DueOutcome[]>();
  readonly #seen: Uint8Array;
  readonly #sentAt: Float64Array;
  #next = 0;
  #unsent = 0;
  #paused = 0;
  #pausedMs = 0;

  constructor(parts: DayParts, options: SimulatedDayOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#producer = new Producer(parts.log);
    this.#decisions = new Consumer(parts.log, "decisions");
    this.#settlements = new Consumer(parts.log, "settlements");
    this.#statuses = new Consumer(parts.log, "budget-status");
    this.#seen = new Uint8Array(options.market.users);
    this.#sentAt = new Float64Array(options.traffic.sessions);
    this.record = new DayRecord(options.traffic, options.campaign, options.market);
  }

  async run(): Promise<void> {
    const { campaign, tickMs } = this.#options;
    const startedAt = this.#parts.elapsedMs();
    for (let tick = 1; !this.#isOver(tick); tick += 1) {
      const nowMs = campaign.startMs + tick * tickMs;
      await this.#wait(startedAt, tick * tickMs);
      await this.#step(tick, nowMs);
      await this.#pause(nowMs);
    }
    this.record.wallMs = this.#parts.elapsedMs() - startedAt - this.#pausedMs;
    this.record.pausedMs = this.#pausedMs;
  }

  /** One tick: send, work, read. */
  async #step(tick: number, nowMs: number): Promise<void> {
    const { allocator, treasurer, elapsedMs } = this.#parts;
    this.#gather(tick, nowMs);
    const sentAt = elapsedMs();
    this.#sentAt.fill(sentAt, this.record.sent, this.#next);
    this.record.sent = this.#next;
    await this.#producer.flush();
    await allocator.runUntilIdle(nowMs);
    await this.#settlements.drain((settlement) => this.record.money.settlement(settlement));
    await this.#decisions.drain((decision) => this.#decided(decision, tick));
    this.record.money.tick(nowMs);
    await treasurer.runUntilIdle(nowMs);
    await this.#statuses.drain((status) => this.#status(status));
    this.#parts.onProgress(this.record.decided / this.#options.traffic.sessions, this.record);
  }

  #gather(tick: number, nowMs: number): void {
    const { traffic, campaign, tickMs } = this.#options;
    for (const { outcome, twice } of this.#due.get(tick) ?? []) {
      this.#producer.outcome(outcome);
      if (twice) this.#schedule({ outcome, twice: false, atMs: outcome.atMs + 3 * tickMs });
      this.record.outcomesSent += 1;
      this.#unsent -= 1;
    }
    this.#due.delete(tick);
    while (this.#next < traffic.sessions && campaign.startMs + must(traffic.atMs[this.#next], "time") <= nowMs) {
      this.#arrive(this.#next);
      this.#next += 1;
    }
  }

  #arrive(session: number): void {
    const { traffic, campaign, market } = this.#options;
    const user = must(traffic.user[session], "user");
    const atMs = campaign.startMs + must(traffic.atMs[session], "time");
    const userId = `u-${user}`;
    const { slow, fast } = market.attributes(user);
    if (this.#seen[user] === 0 && Object.keys(slow).length > 0)
      this.#producer.profile({ userId, atMs, attributes: slow });
    this.#seen[user] = 1;
    const sent = {
      sessionId: sessionId(session),
      userId,
      atMs,
      surface: "app",
      campaign: campaign.id,
      attributes: fast,
    };
    this.#producer.session(sent);
    if (session % RESENT_SHARE_OF === RESENT_SHARE_OF - 1) {
      this.#producer.session(sent);
      this.record.sessionsResent += 1;
    }
  }

  #decided(decision: Decision, tick: number): void {
    const { market, traffic, seed, campaign, tickMs } = this.#options;
    const session = sessionNumber(decision.sessionId);
    const draw = drawResponse(seed, session, campaign.reservation.ttlMs);
    const user = must(traffic.user[session], "user");
    const { outcome, due } = respond(market, user, decision, draw);
    const latencyMs = this.#parts.elapsedMs() - must(this.#sentAt[session], "send time");
    this.record.money.decision(decision);
    this.record.take(session, decision, outcome, latencyMs);
    if (due === null) return;
    this.#schedule(due);
    assert(due.atMs >= campaign.startMs + (tick - 1) * tickMs, "an outcome before its decision");
  }

  #schedule(due: DueOutcome): void {
    const { campaign, tickMs } = this.#options;
    const dueTick = Math.ceil((due.atMs - campaign.startMs) / tickMs);
    const tick = Math.max(dueTick, Math.ceil((this.record.nowMs - campaign.startMs) / tickMs) + 1);
    const list = this.#due.get(tick);
    if (list) list.push(due);
    else this.#due.set(tick, [due]);
    this.#unsent += 1;
  }

  #status(status: BudgetStatus): void {
    if (status.campaign === this.#options.campaign.id) this.record.status(status);
  }

  #isOver(tick: number): boolean {
    const { campaign, traffic, tickMs } = this.#options;
    const nowMs = campaign.startMs + (tick - 1) * tickMs;
    this.record.nowMs = nowMs;
    if (this.#next < traffic.sessions || this.#unsent > 0) return false;
    return nowMs > campaign.endMs + campaign.reservation.ttlMs + 2 * tickMs;
  }

  async #pause(nowMs: number): Promise<void> {
    const pause = this.#parts.pauses[this.#paused];
    if (!pause || this.record.decided < pause.atShare * this.#options.traffic.sessions) return;
    this.#paused += 1;
    const from = this.#parts.elapsedMs();
    await pause.run(nowMs);
    this.#pausedMs += this.#parts.elapsedMs() - from;
  }

  async #wait(startedAt: number, virtualMs: number): Promise<void> {
    const { speed } = this.#options;
    if (speed === null) return;
    const ahead = virtualMs / speed - (this.#parts.elapsedMs() - startedAt - this.#pausedMs);
    if (ahead > 0) await this.#parts.sleep(ahead);
  }
}

export function sessionId(session: number): string {
  return `s-${session}`;
}

function sessionNumber(id: string): number {
  return Number(id.slice(2));
}
