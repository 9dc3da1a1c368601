// Serve load
// The other side of the serve benchmark: event producer and consumer in a process of their own, as they are in life. It sends
// sessions, follows decisions, and answers one in ten with an outcome. Its parent tells it what to do by messages (`Order`).

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import type { Outcome } from "../../src/domain/session/session.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../src/log/embedded/log.ts";
import type { OutRecord } from "../../src/log/event-log.ts";
import { benchProfile, benchSession } from "./serve-world.ts";

/**
 * fill      the users' profiles
 * saturate  sessions as fast as they are decided, never more than `ahead` undecided; answers how many a second
 * pace      sessions at a rate, by the clock, whatever becomes of them; answers their latencies
 */
export type Order =
  | { readonly kind: "fill"; readonly users: number }
  | { readonly kind: "saturate"; readonly sessions: number; readonly warmUp: number; readonly ahead: number }
  | { readonly kind: "pace"; readonly rate: number; readonly seconds: number };

export interface Answer {
  readonly decisions: number;
  readonly perSecond: number;
  /**
   * Of a paced run: from when a session was due to be sent until its decision was read here. Sending, the log, the cycle, the
   * commit and reading are all in it, and so is any delay of this process's own (no coordinated omission).
   */
  readonly latenciesMs: readonly number[];
}

const LOT = 500;
const PACE_MS = 4;

class Load {
  readonly #log: EmbeddedLog;
  readonly #random = seededRandom("bench load");
  readonly #sessions = codecFor("sessions");
  readonly #outcomes = codecFor("outcomes");
  readonly #decisions = codecFor("decisions");
  /** When each session that is not decided yet was due. */
  readonly #dueMs = new Map<string, number>();
  #answers: OutRecord[] = [];
  #latenciesMs: number[] = [];
  #users = 1;
  #sent = 0;
  #decided = 0;

  constructor(log: EmbeddedLog) {
    this.#log = log;
  }

  async obey(order: Order): Promise<Answer> {
    switch (order.kind) {
      case "fill":
        return await this.#fill(order.users);
      case "saturate":
        return await this.#saturate(order.sessions, order.warmUp, order.ahead);
      case "pace":
        return await this.#pace(order.rate, order.seconds);
    }
  }

  follow(signal: AbortSignal): Promise<unknown> {
    return this.#log.ranges("decisions").then(async (ranges) => {
      await Promise.all(ranges.map(async ({ partition }) => await this.#followOne(partition, signal)));
    });
  }

  async #followOne(partition: number, signal: AbortSignal): Promise<void> {
    for await (const batch of this.#log.read("decisions", partition, 0, { follow: true, signal })) {
      const nowMs = performance.now();
      for (const { value } of batch) {
        const decision = this.#decisions.decode(must(value, "a decision"));
        this.#latenciesMs.push(nowMs - (this.#dueMs.get(decision.sessionId) ?? NaN));
        this.#dueMs.delete(decision.sessionId);
        this.#decided += 1;
        const unit = this.#random.unit();
        if (decision.reservationId !== null && unit < 0.05) this.#answer(decision, "redeemed");
        else if (unit < 0.1) this.#answer(decision, "converted");
      }
    }
  }

  #answer({ decisionId, userId }: { decisionId: string; userId: string }, kind: Outcome["kind"]): void {
    const outcomeId = `o-${decisionId}`;
    const rewards = { converted: 1, basket: 20 };
    const value = this.#outcomes.encode({
      outcomeId,
      decisionId,
      userId,
      atMs: Date.now(),
      kind,
      amountMinor: null,
      rewards,
    });
    this.#answers.push({ topic: "outcomes", key: Buffer.from(userId), value });
  }

  async #fill(users: number): Promise<Answer> {
    this.#users = users;
    const codec = codecFor("profiles");
    for (let from = 0; from < users; from += LOT) {
      const records: OutRecord[] = [];
      for (let user = from; user < Math.min(users, from + LOT); user += 1) {
        const profile = benchProfile(this.#random, user, Date.now());
        records.push({ topic: "profiles", key: Buffer.from(profile.userId), value: codec.encode(profile) });
      }
      await this.#log.send(records);
    }
    return { decisions: 0, perSecond: 0, latenciesMs: [] };
  }

  async #sendSessions(count: number, dueMs: number): Promise<void> {
    const records = this.#answers;
    this.#answers = [];
    for (let n = 0; n < count; n += 1) {
      const session = benchSession(this.#random, this.#sent, this.#random.below(this.#users), Date.now());
      this.#sent += 1;
      this.#dueMs.set(session.sessionId, dueMs);
      records.push({ topic: "sessions", key: Buffer.from(session.userId), value: this.#sessions.encode(session) });
    }
    if (records.length > 0) await this.#log.send(records);
  }

  async #saturate(sessions: number, warmUp: number, ahead: number): Promise<Answer> {
    const before = this.#decided;
    let startedMs = NaN;
    let counted = NaN;
    for (let sent = 0; sent < sessions + warmUp; sent += LOT) {
      await this.#sendSessions(LOT, performance.now());
      while (this.#dueMs.size > ahead) await sleep(1);
      if (Number.isNaN(startedMs) && this.#decided - before >= warmUp) {
        startedMs = performance.now();
        counted = this.#decided;
      }
    }
    // The last ones are not counted: they wait for nothing that comes after them.
    const perSecond = ((this.#decided - counted) / (performance.now() - startedMs)) * 1_000;
    const decisions = this.#decided - counted;
    await this.#quiet();
    return { decisions, perSecond, latenciesMs: [] };
  }

  async #pace(rate: number, seconds: number): Promise<Answer> {
    this.#latenciesMs = [];
    const before = this.#decided;
    const startMs = performance.now();
    for (let tick = 0; tick * PACE_MS < seconds * 1_000; tick += 1) {
      const dueMs = startMs + tick * PACE_MS;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const count = Math.floor((rate * (tick + 1) * PACE_MS) / 1_000) - Math.floor((rate * tick * PACE_MS) / 1_000);
      await this.#sendSessions(count, dueMs);
    }
    const sendingSeconds = (performance.now() - startMs) / 1_000;
    await this.#quiet();
    const decisions = this.#decided - before;
    return { decisions, perSecond: decisions / sendingSeconds, latenciesMs: this.#latenciesMs };
  }

  async #quiet(): Promise<void> {
    while (this.#dueMs.size > 0) await sleep(2);
    this.#latenciesMs = this.#latenciesMs.filter((ms) => !Number.isNaN(ms));
  }
}

if (process.send !== undefined) {
  const folder = must(process.argv[2], "the log's folder");
  const log = await openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID });
  const load = new Load(log);
  const stop = new AbortController();
  const following = load.follow(stop.signal);
  process.on("message", (order: Order | "leave") => {
    if (order !== "leave") {
      void load.obey(order).then((answer) => process.send?.(answer));
      return;
    }
    stop.abort();
    void following.then(() => log.close()).then(() => process.disconnect());
  });
  process.send("ready");
}
