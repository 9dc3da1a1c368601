// Activity
// What a user has done lately, as numbers that a release can take for features: windowed counts over buckets, and counts
// that decay. Bounded: a bucket of six hours for the last two days, of a day before that, none older than 30 days.
//
// A window's edge is as fine as its buckets: "the last day" is the current bucket and the three before it.

import { DOUBLE_BYTES, asBuffer } from "./packed.ts";

export interface Activity {
  /** Rows of (bucket, sessions, orders, redemptions, incentives, reward), by rising bucket. */
  readonly buckets: Uint8Array;
  readonly lastSessionMs: number | null;
  readonly lastOrderMs: number | null;
  /** Counts that halve every seven (sessions) or thirty (orders) days, as of `decayedAtMs`. */
  readonly decayedSessions: number;
  readonly decayedOrders: number;
  readonly decayedAtMs: number;
}

export const NO_ACTIVITY: Activity = {
  buckets: new Uint8Array(0),
  lastSessionMs: null,
  lastOrderMs: null,
  decayedSessions: 0,
  decayedOrders: 0,
  decayedAtMs: 0,
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BUCKET_MS = 6 * HOUR_MS;
const PER_DAY = DAY_MS / BUCKET_MS;
const FINE_BUCKETS = 2 * PER_DAY;
const KEPT_BUCKETS = 30 * PER_DAY;

const COLUMNS = 6;
const ROW_BYTES = COLUMNS * DOUBLE_BYTES;
/** Two days of fine buckets with the day that they cut, and thirty days. */
export const BUCKETS_MAX = FINE_BUCKETS + PER_DAY + 30;

type Column = "sessions" | "orders" | "redemptions" | "incentives" | "reward";
const COLUMN: Readonly<Record<Column, number>> = { sessions: 1, orders: 2, redemptions: 3, incentives: 4, reward: 5 };

export function withSession(activity: Activity, nowMs: number): Activity {
  const decayed = decay(activity, nowMs);
  return {
    ...decayed,
    buckets: added(activity.buckets, nowMs, "sessions", 1),
    lastSessionMs: nowMs,
    decayedSessions: decayed.decayedSessions + 1,
  };
}

/** A conversion, and what it was worth. */
export function withOrder(activity: Activity, nowMs: number): Activity {
  const decayed = decay(activity, nowMs);
  return {
    ...decayed,
    buckets: added(activity.buckets, nowMs, "orders", 1),
    lastOrderMs: nowMs,
    decayedOrders: decayed.decayedOrders + 1,
  };
}

export function withReward(activity: Activity, nowMs: number, reward: number): Activity {
  return reward === 0 ? activity : { ...activity, buckets: added(activity.buckets, nowMs, "reward", reward) };
}

export function withRedemption(activity: Activity, nowMs: number): Activity {
  return { ...activity, buckets: added(activity.buckets, nowMs, "redemptions", 1) };
}

export function withIncentive(activity: Activity, nowMs: number): Activity {
  return { ...activity, buckets: added(activity.buckets, nowMs, "incentives", 1) };
}

/** Longest memory: a user who has done nothing for so long has no features left. */
export const ACTIVITY_MS = 30 * DAY_MS + DAY_MS;

/** The features' names, in one order. What each means: docs/FEATURES.md. */
export const AGGREGATES = [
  "sessions_1d",
  "sessions_7d",
  "sessions_30d",
  "orders_7d",
  "orders_30d",
  "redemptions_30d",
  "incentives_7d",
  "incentives_30d",
  "reward_30d",
  "days_since_last_session",
  "days_since_last_order",
  "sessions_decayed",
  "orders_decayed",
] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** Days that stand for "longer ago than anything is remembered", and for never. */
export const LONG_AGO_DAYS = 60;

/** All features as of `nowMs`, before the session that is being decided. */
export function aggregatesOf(activity: Activity, nowMs: number): Record<Aggregate, number> {
  const now = bucketOf(nowMs);
  const buffer = asBuffer(activity.buckets);
  const sums = { day: 0, week: 0, month: 0, orders7: 0, orders30: 0, redemptions: 0, got7: 0, got30: 0, reward: 0 };
  for (let at = 0; at < buffer.length; at += ROW_BYTES) {
    const age = now - buffer.readDoubleLE(at);
    if (age >= KEPT_BUCKETS) continue;
    const sessions = buffer.readDoubleLE(at + DOUBLE_BYTES);
    const orders = buffer.readDoubleLE(at + 2 * DOUBLE_BYTES);
    const incentives = buffer.readDoubleLE(at + 4 * DOUBLE_BYTES);
    if (age < PER_DAY) sums.day += sessions;
    if (age < 7 * PER_DAY) {
      sums.week += sessions;
      sums.orders7 += orders;
      sums.got7 += incentives;
    }
    sums.month += sessions;
    sums.orders30 += orders;
    sums.redemptions += buffer.readDoubleLE(at + 3 * DOUBLE_BYTES);
    sums.got30 += incentives;
    sums.reward += buffer.readDoubleLE(at + 5 * DOUBLE_BYTES);
  }
  const decayed = decay(activity, nowMs);
  return {
    sessions_1d: sums.day,
    sessions_7d: sums.week,
    sessions_30d: sums.month,
    orders_7d: sums.orders7,
    orders_30d: sums.orders30,
    redemptions_30d: sums.redemptions,
    incentives_7d: sums.got7,
    incentives_30d: sums.got30,
    reward_30d: sums.reward,
    days_since_last_session: daysSince(activity.lastSessionMs, nowMs),
    days_since_last_order: daysSince(activity.lastOrderMs, nowMs),
    sessions_decayed: decayed.decayedSessions,
    orders_decayed: decayed.decayedOrders,
  };
}

function daysSince(lastMs: number | null, nowMs: number): number {
  return lastMs === null ? LONG_AGO_DAYS : Math.min(LONG_AGO_DAYS, Math.max(0, nowMs - lastMs) / DAY_MS);
}

function decay(activity: Activity, nowMs: number): Activity {
  const days = (nowMs - activity.decayedAtMs) / DAY_MS;
  if (activity.decayedAtMs === 0 || days <= 0)
    return activity.decayedAtMs === 0 ? { ...activity, decayedAtMs: nowMs } : activity;
  return {
    ...activity,
    decayedSessions: activity.decayedSessions * 2 ** (-days / 7),
    decayedOrders: activity.decayedOrders * 2 ** (-days / 30),
    decayedAtMs: nowMs,
  };
}

function bucketOf(nowMs: number): number {
  return Math.floor(nowMs / BUCKET_MS);
}

/** In the current bucket, which is the last; a new one when time has gone on, and then the old ones are thinned out. */
function added(buckets: Uint8Array, nowMs: number, column: Column, amount: number): Uint8Array {
  const now = bucketOf(nowMs);
  const before = asBuffer(buckets);
  const last = before.length - ROW_BYTES;
  if (last >= 0 && before.readDoubleLE(last) === now) return addTo(Buffer.from(before), last, column, amount);
  const kept = thinned(before, now);
  const out = Buffer.alloc(kept.length + ROW_BYTES);
  out.set(kept);
  out.writeDoubleLE(now, kept.length);
  return addTo(out, kept.length, column, amount);
}

function addTo(rows: Buffer, row: number, column: Column, amount: number): Buffer {
  const at = row + COLUMN[column] * DOUBLE_BYTES;
  rows.writeDoubleLE(rows.readDoubleLE(at) + amount, at);
  return rows;
}

/** Without what is too old, and with the buckets of a day that is over in one row. */
function thinned(rows: Buffer, now: number): Buffer {
  const out = Buffer.allocUnsafe(rows.length);
  let end = 0;
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const bucket = rows.readDoubleLE(at);
    if (now - bucket >= KEPT_BUCKETS) continue;
    const day = bucket - (bucket % PER_DAY);
    const kept = now - bucket >= FINE_BUCKETS ? day : bucket;
    if (end > 0 && out.readDoubleLE(end - ROW_BYTES) === kept) addRow(out, end - ROW_BYTES, rows, at);
    else {
      rows.copy(out, end, at, at + ROW_BYTES);
      out.writeDoubleLE(kept, end);
      end += ROW_BYTES;
    }
  }
  return out.subarray(0, end);
}

function addRow(into: Buffer, to: number, rows: Buffer, from: number): void {
  for (let column = 1; column < COLUMNS; column += 1) {
    const offset = column * DOUBLE_BYTES;
    into.writeDoubleLE(into.readDoubleLE(to + offset) + rows.readDoubleLE(from + offset), to + offset);
  }
}
