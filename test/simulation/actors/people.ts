// People: the sessions of a day, and what people make of what they get. Their producers send late, twice, out of order,
// the same id with another body, and things that nobody can use.

import type { Decision } from "../../../src/domain/decision/decision.ts";
import { MAX_FUTURE_MS, type Outcome, type Session } from "../../../src/domain/session/session.ts";
import { codecFor, type TopicValues } from "../../../src/log/codec/codec.ts";
import type { OutRecord } from "../../../src/log/event-log.ts";
import { partitionOf } from "../../../src/log/partitioner.ts";
import type { Random } from "../../../src/domain/random.ts";
import type { Post } from "./post.ts";
import { DAY_START_MS, placementsOf, type Setting } from "../setting.ts";
import type { Tally } from "../tally.ts";

const SURFACES = ["home", "home", "shop", null];
const LONG_AFTER_MS = 49 * 3_600_000;

export class People {
  readonly #setting: Setting;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #post: Post;
  /** Of a stream of its own: what it draws shifts nothing else. */
  readonly #strays: Random;
  readonly #straysShare: number;
  #outcomes = 0;

  constructor(setting: Setting, random: Random, tally: Tally, post: Post) {
    this.#setting = setting;
    this.#random = random;
    this.#tally = tally;
    this.#post = post;
    this.#strays = random.fork("strays");
    this.#straysShare = this.#strays.unit() < 0.5 ? 0 : 0.1 * this.#strays.unit();
  }

  /** The day's sessions and profiles, on their way. */
  arrive(): void {
    const { sessions, people, endMs } = this.#setting;
    const lengthMs = endMs - DAY_START_MS;
    for (let number = 0; number < sessions; number += 1) {
      // A quarter of the sessions comes in a flash of a fiftieth of the day.
      const share = number % 4 === 0 ? 0.4 + 0.02 * this.#random.unit() : 1.02 * this.#random.unit();
      this.#session(`s${number}`, `user-${this.#random.below(people)}`, Math.round(DAY_START_MS + lengthMs * share));
    }
    for (let left = people / 4; left > 0; left -= 1) this.#profile(`user-${this.#random.below(people)}`, lengthMs);
  }

  #session(sessionId: string, userId: string, atMs: number): void {
    const { rates } = this.#setting;
    const session: Session = {
      sessionId,
      userId,
      atMs,
      surface: SURFACES[this.#random.below(SURFACES.length)] ?? null,
      campaign: this.#campaign(),
      attributes: this.#chance(0.9) ? { visits: this.#random.below(9), vip: this.#chance(0.2) } : {},
    };
    if (this.#chance(rates.broken)) return this.#broken(session);
    const late = this.#chance(rates.delayed);
    if (late) this.#tally.count("session_delayed");
    const sentMs = atMs + (late ? this.#shareOfDay(0.05) : 0);
    this.#put(sentMs, "sessions", userId, session);
    if (this.#chance(rates.duplicated)) {
      this.#tally.count("session_duplicated");
      this.#put(sentMs + this.#shareOfDay(0.1), "sessions", userId, session);
    }
    if (this.#chance(rates.broken)) {
      this.#tally.count("session_conflict");
      this.#put(sentMs + this.#shareOfDay(0.1), "sessions", userId, { ...session, surface: "elsewhere" });
    }
  }

  #campaign(): string | null {
    const { campaigns } = this.#setting;
    if (this.#chance(0.6)) return null;
    if (this.#chance(0.03)) return "nowhere";
    return campaigns[this.#random.below(campaigns.length)]?.id ?? null;
  }

  #profile(userId: string, lengthMs: number): void {
    const atMs = Math.round(DAY_START_MS + lengthMs * this.#random.unit());
    if (this.#chance(0.8))
      this.#put(atMs, "profiles", userId, { userId, atMs, attributes: { visits: this.#random.below(9) } });
    else this.#post.send(atMs, { topic: "profiles", key: Buffer.from(userId), value: null });
  }

  /** A session that cannot be used, one way or another. */
  #broken(session: Session): void {
    const { userId, atMs } = session;
    const way = this.#random.below(4);
    if (way === 0) {
      this.#tally.count("bytes_undecodable");
      this.#post.send(atMs, { topic: "sessions", key: Buffer.from(userId), value: Buffer.from("not a session") });
    } else if (way === 1) {
      this.#tally.count("contract_broken");
      this.#put(atMs, "sessions", `not ${userId}`, session);
    } else if (way === 2) {
      this.#tally.count("contract_broken");
      const long = "u".repeat(300);
      this.#put(atMs, "sessions", long, { ...session, userId: long });
    } else {
      this.#tally.count("from_future");
      this.#put(atMs, "sessions", userId, { ...session, atMs: atMs + 40 * MAX_FUTURE_MS });
    }
  }

  /** What comes of a decision, sooner or later. */
  react(decision: Decision, nowMs: number): void {
    const { rates } = this.#setting;
    const incentive = decision.arm > 0;
    if (this.#chance(0.25)) this.#outcome(decision, nowMs, "converted", null);
    if (this.#chance(rates.broken)) this.#outcome(decision, nowMs, "redeemed", this.#chance(0.5) ? null : -1n);
    if (this.#chance(rates.broken)) {
      this.#tally.count("outcome_unknown");
      this.#outcome({ ...decision, decisionId: `d-never-${decision.sessionId}` }, nowMs, "redeemed", null);
    }
    if (!incentive) return;
    const fate = this.#random.unit();
    if (fate < 0.35) this.#outcome(decision, nowMs, "redeemed", null);
    else if (fate < 0.45)
      this.#outcome(decision, nowMs, "redeemed", BigInt(this.#random.below(Number(decision.faceMinor) + 1)));
    else if (fate < 0.55) this.#outcome(decision, nowMs, "declined", null);
    if (this.#chance(0.06)) this.#outcome(decision, nowMs, "refunded", null);
    if (this.#chance(rates.broken)) {
      this.#tally.count("outcome_over_face");
      this.#outcome(decision, nowMs, "redeemed", decision.faceMinor + 1n);
    }
  }

  #outcome(decision: Decision, nowMs: number, kind: Outcome["kind"], amountMinor: bigint | null): void {
    const { rates } = this.#setting;
    const holdMs = (decision.validUntilMs ?? decision.decidedAtMs + 600_000) - decision.decidedAtMs;
    const delayMs = this.#chance(0.02) ? LONG_AFTER_MS : -Math.log(1 - this.#random.unit()) * 0.45 * holdMs;
    const atMs = Math.round(nowMs + delayMs);
    if (delayMs > holdMs) this.#tally.count("outcome_late");
    const outcome: Outcome = {
      outcomeId: `o${(this.#outcomes += 1)}`,
      decisionId: decision.decisionId,
      userId: decision.userId,
      atMs,
      kind,
      amountMinor,
      rewards: kind === "converted" ? { converted: 1, basket: this.#random.below(5_000) / 4 } : {},
    };
    this.#put(atMs, "outcomes", decision.userId, outcome);
    const laterMs = atMs + (this.#chance(0.5) ? 0 : this.#random.unit() * holdMs);
    if (this.#chance(rates.duplicated)) {
      this.#tally.count("outcome_twice");
      this.#put(laterMs, "outcomes", decision.userId, outcome);
    }
    if (this.#chance(rates.broken)) {
      this.#tally.count("outcome_conflict");
      this.#put(laterMs, "outcomes", decision.userId, { ...outcome, rewards: { ...outcome.rewards, converted: 9 } });
    }
  }

  #put<N extends "sessions" | "outcomes" | "profiles">(
    atMs: number,
    topic: N,
    key: string,
    value: TopicValues[N],
  ): void {
    const record: OutRecord = { topic, key: Buffer.from(key), value: codecFor(topic).encode(value) };
    this.#post.send(atMs, record);
    if (this.#strays.unit() < this.#straysShare) this.#stray(atMs, record);
  }

  /** The same once more, by a client that places keys in another way. */
  #stray(atMs: number, record: OutRecord): void {
    const { partitions } = placementsOf(this.#setting).users;
    const partition = partitionOf(Buffer.from(record.key ?? []), { partitioner: "crc32", partitions });
    this.#tally.count("event_elsewhere");
    const lateMs = this.#strays.unit() < 0.5 ? 0 : this.#strays.unit() * (this.#setting.endMs - DAY_START_MS) * 0.1;
    this.#post.send(atMs + Math.round(lateMs), { ...record, partition });
  }

  #shareOfDay(share: number): number {
    return Math.round(this.#random.unit() * share * (this.#setting.endMs - DAY_START_MS));
  }

  #chance(rate: number): boolean {
    return this.#random.unit() < rate;
  }
}
