// Ledger benchmark
// What holding money costs in the hot path: a reservation in the book, next to a bare increment in a Map, in the same run.
//
//   npm run bench:ledger [-- --quick] [--json]
//
// The book compares with what is free, adds to two totals, checks L1 after it, and makes the reservation's record; the Map
// finds a key and adds. Rounds of all rows take turns, so that a busy machine is busy for each. Not measured: writing the
// reservation down (the cycle's commit, bench:log), the classifier, other campaigns in the same shard.

import { runScript, USUAL } from "../../fixtures/script.ts";
import { must } from "../../src/domain/assert.ts";
import { decide } from "../../src/serve/decide/decide.ts";
import { PolicyCache } from "../../src/serve/decide/logging-policy.ts";
import type { ReadyRelease } from "../../src/serve/classify/release-cache.ts";
import { Book } from "../../src/serve/ledger/book.ts";
import type { Reservation, ReserveRequest } from "../../src/serve/ledger/reservation.ts";
import { CampaignShard } from "../../src/serve/state/campaign/campaign-shard.ts";
import { withGrant } from "../../src/serve/state/campaign/settings.ts";
import { NEW_USER } from "../../src/serve/state/user/record.ts";
import { makeDay } from "./pacing-world.ts";
import { median } from "../lib/quantile.ts";

export interface LedgerOptions {
  readonly operations: number;
  readonly rounds: number;
}

export interface LedgerFigures {
  readonly what: string;
  /** Nanoseconds an operation: median, lowest and highest of the rounds. */
  readonly ns: { readonly median: number; readonly low: number; readonly high: number };
  /** Against the increment of the same run, by the medians. */
  readonly timesMap: number;
}

/** Does `count` operations; answers something of each, so that none is optimised away. */
type Body = (count: number) => number;

const KEYS = 1_024;
const FACE = 500n;
const ENOUGH = 1n << 50n;

export function benchmarkLedger({ operations, rounds }: LedgerOptions): LedgerFigures[] {
  const bodies = Object.entries(BODIES).map(([what, make]) => ({ what, body: make(), ns: [] as number[] }));
  for (const { body } of bodies) body(Math.min(operations, 20_000));
  for (let round = 0; round < rounds; round += 1)
    for (const { what, body, ns } of bodies) {
      const startMs = performance.now();
      const used = body(operations);
      ns.push(((performance.now() - startMs) * 1e6) / operations);
      if (!(used > 0)) throw new Error(`${what} did nothing`);
    }
  const map = median(must(bodies[0], "the Map").ns);
  return bodies.map(({ what, ns }) => ({
    what,
    ns: { median: round1(median(ns)), low: round1(Math.min(...ns)), high: round1(Math.max(...ns)) },
    timesMap: round1(median(ns) / map),
  }));
}

const BODIES: Readonly<Record<string, () => Body>> = {
  "Map increment": mapIncrement,
  "book: reserve": reserve,
  "book: reserve and post": () => reserveAnd((book, held) => book.post(held, "outcome", null).settledMinor),
  "book: reserve and expire": () => reserveAnd((book, held) => book.expire(held, held.untilMs).releasedMinor),
  "book: refuse": refuse,
  "decide: draw, reserve and count": decision,
};

function mapIncrement(): Body {
  const spent = new Map(Array.from({ length: KEYS }, (_, index) => [`campaign-${index}`, 0n]));
  const keys = [...spent.keys()];
  return (count) => {
    for (let index = 0; index < count; index += 1) {
      const key = keys[index % KEYS] ?? "";
      spent.set(key, (spent.get(key) ?? 0n) + FACE);
    }
    return spent.size;
  };
}

function request(reservationId: string): ReserveRequest {
  return { reservationId, account: "plan", faceMinor: FACE, sendMinor: 2n, untilMs: 1_000 };
}

function fullBook(): Book {
  const book = new Book();
  book.grant("plan", ENOUGH);
  return book;
}

function reserve(): Body {
  const book = fullBook();
  return (count) => {
    let used = 0;
    for (let index = 0; index < count; index += 1)
      if (book.reserve(null, request("r-0123456789abcdef")).reservation !== null) used += 1;
    return used;
  };
}

function reserveAnd(end: (book: Book, held: Reservation) => bigint): Body {
  const book = fullBook();
  return (count) => {
    let used = 0n;
    for (let index = 0; index < count; index += 1)
      used += end(book, must(book.reserve(null, request("r-0123456789abcdef")).reservation, "a reservation"));
    return Number(used);
  };
}

function refuse(): Body {
  const book = new Book();
  return (count) => {
    let used = 0;
    for (let index = 0; index < count; index += 1)
      if (book.reserve(null, request("r-0123456789abcdef")).status === "insufficient") used += 1;
    return used;
  };
}

/** The way of a session that is classified: the policy, the draw by its hashes, the reservation, the statistics. */
function decision(): Body {
  const { campaign, release } = makeDay(1, "flat", 1_000);
  const ready = { hash: release.hash, manifest: release.manifest } as ReadyRelease;
  const money = { plan: ENOUGH, exploration: 0n };
  const none = { plan: 0n, exploration: 0n };
  const settings = { campaign, shard: 0, atMs: 0, state: "live", revision: 1, release: release.hash } as const;
  const plan = { planRow: release.manifest.frontier.rows.length - 1, shadowPrice: 0.001, throttle: 1 };
  const grant = {
    ...settings,
    ...plan,
    grantedMinor: money,
    returnTargetMinor: none,
    ungrantedMinor: none,
    secret: Buffer.alloc(32),
  };
  const shard = new CampaignShard({ ...withGrant(null, grant, 0), release: release.hash, planRow: plan.planRow }, null);
  shard.takeGrant();
  shard.useRelease(release.hash, release.manifest.clusters);
  const policies = new PolicyCache();
  const ids = Array.from({ length: KEYS }, (_, index) => `s-0123456789ab${index}`);
  return (count) => {
    let used = 0;
    for (let index = 0; index < count; index += 1) {
      const id = ids[index % KEYS] ?? "";
      const session = { session: { sessionId: id, userId: id }, decisionId: id, release: ready, cluster: index % 8 };
      if (decide(session, NEW_USER, shard, 1, policies).reservation !== null) used += 1;
    }
    return used;
  };
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}

function print(figures: readonly LedgerFigures[]): void {
  console.log("nanoseconds an operation: median (lowest–highest of the rounds); × is against the Map increment");
  for (const { what, ns, timesMap } of figures)
    console.log(
      `${what.padEnd(34)}${`${ns.median} (${ns.low}–${ns.high})`.padStart(26)}${`${timesMap} ×`.padStart(10)}`,
    );
}

await runScript(
  import.meta.url,
  { name: "bench:ledger", summary: "a reservation in the book, against an increment in a Map", options: USUAL },
  async ({ quick, json }) => {
    const figures = benchmarkLedger(quick ? { operations: 50_000, rounds: 3 } : { operations: 500_000, rounds: 15 });
    if (json) console.log(JSON.stringify({ node: process.version, rows: figures }));
    else print(figures);
  },
);
