// Fuzz: rounds of hostile records on every topic of one log, with good ones among them. After each round every good session
// has its decision and every good command its answer, no task has failed, and whoever looks at the topics gets through; now and
// then everything is restored from the changelogs, the hostile records on them included.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAllocator, type Allocator } from "../../src/workflows/run/allocator.ts";
import { campaignsOn } from "../../src/workflows/control/campaigns.ts";
import { latestStatuses, sendCommand } from "../../src/workflows/control/control.ts";
import { lettersOf } from "../../src/workflows/topics/dead-letters.ts";
import { StatusBoard } from "../../src/workflows/control/pacing/status-board.ts";
import { listReleases } from "../../src/workflows/control/release-list.ts";
import type { Random } from "../../src/domain/random.ts";
import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import { erasedUsers } from "../../src/log/codec/erased-users.ts";
import { readTopic } from "../../src/log/codec/reading.ts";
import { unobserved } from "../../src/task/observer.ts";
import { campaign, sessionOf } from "../serve/harness.ts";
import { releaseRecord, tinyRelease } from "../serve/tiny-release.ts";
import type { Ground } from "./grounds.ts";
import { HostileRecords } from "./hostile-records.ts";

export interface FuzzResult {
  /** Hostile records that the log took. */
  records: number;
  byKind: Record<string, number>;
  /** What the log's own bounds refused at the sender. */
  refusedAtSend: number;
  /** Dead letters by their reason. */
  deadLetters: Record<string, number>;
  good: number;
  undecided: number;
  unanswered: number;
  failedTasks: number;
  restores: number;
  rounds: number;
  /** Of the whole process: the most, above what it was when the fuzz began. */
  rssMiB: number;
  /** What went wrong, the first twenty. */
  findings: string[];
}

export interface FuzzOptions {
  readonly ground: Ground;
  readonly random: Random;
  readonly nowMs: () => number;
  /** Before each round. */
  readonly forward: () => void;
  readonly isOver: (result: FuzzResult) => boolean;
}

const PARTITIONS = { users: 2, control: 1 };
const CAMPAIGN = "spring";
const A_ROUND = 60;
const LOOK_EVERY = 10;
const RESTART_EVERY = 12;
const MOST_FINDINGS = 20;
const MiB = 1024 * 1024;

export function noResult(): FuzzResult {
  return {
    ...{ records: 0, byKind: {}, refusedAtSend: 0, deadLetters: {}, good: 0, undecided: 0, unanswered: 0 },
    ...{ failedTasks: 0, restores: 0, rounds: 0, rssMiB: 0, findings: [] },
  };
}

export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const run = new Fuzz(options);
  try {
    await run.begin();
    while (!options.isOver(run.result)) await run.round();
    await run.look();
    return run.result;
  } finally {
    await run.end();
  }
}

class Fuzz {
  readonly result = noResult();
  readonly #options: FuzzOptions;
  readonly #hostile: HostileRecords;
  readonly #release = tinyRelease();
  readonly #board = new StatusBoard();
  readonly #next = new Map<string, number>();
  readonly #rssBefore = process.memoryUsage().rss;
  #folder = mkdtempSync(join(tmpdir(), "stipend-fuzz-stores-"));
  #allocator: Allocator | null = null;
  #ids = 0;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#hostile = new HostileRecords(options.random);
  }

  get #log() {
    return this.#options.ground.log;
  }

  async begin(): Promise<void> {
    await this.#open();
    const spring = campaign({ endMs: Date.UTC(2190, 0), reservation: { policy: "strict", ttlMs: 3_600_000 } });
    const record = releaseRecord(CAMPAIGN, this.#release);
    const key = Buffer.from(`${CAMPAIGN}/${this.#release.hash}`);
    await this.#log.send([{ topic: "releases", partition: 0, key, value: codecFor("releases").encode(record) }]);
    await this.#command("create", { kind: "create", campaign: spring });
    await this.#command("promote", { kind: "promote_release", release: this.#release.hash });
    await this.#step();
  }

  async #open(): Promise<void> {
    this.#allocator = await openAllocator({
      log: this.#log,
      application: "fuzz",
      partitions: PARTITIONS,
      storeFolder: this.#folder,
      features: null,
      batchRecords: 500,
      clock: {
        nowMs: this.#options.nowMs,
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50))),
      },
      newId: () => `fuzz-${(this.#ids += 1)}`,
      newSecret: () => Buffer.alloc(32, 1),
      observer: {
        ...unobserved,
        trouble: (kind, partition, verdict, error) => this.#trouble(kind, partition, verdict, error),
      },
      onTrouble: () => undefined,
    });
    // On a broker partitions come one after another.
    const all = PARTITIONS.users + PARTITIONS.control;
    for (let tries = 0; this.#tasks().length < all && tries < 600; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #tasks() {
    return [...(this.#allocator?.serve.tasks ?? []), ...(this.#allocator?.treasury.tasks ?? [])];
  }

  #trouble(kind: string, partition: number, verdict: string, error: unknown): void {
    if (verdict === "fatal")
      this.#find(`${kind} ${partition}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  #find(text: string): void {
    if (this.result.findings.length < MOST_FINDINGS) this.result.findings.push(text.slice(0, 2_000));
  }

  /** Until nothing is left to do; a task that fails is opened again, as a supervisor would. */
  async #step(): Promise<void> {
    const { serve, treasury } = this.#allocator ?? {};
    for (let idle = 0; idle < 2;) {
      let done = 0;
      try {
        done += (await treasury?.runUntilIdle(this.#options.nowMs())) ?? 0;
        done += (await serve?.runUntilIdle(this.#options.nowMs())) ?? 0;
      } catch {
        this.result.failedTasks += 1;
        await this.#restart();
        return;
      }
      idle = done === 0 ? idle + 1 : 0;
    }
  }

  async #restart(): Promise<void> {
    await this.#allocator?.close().catch((error: unknown) => this.#find(`close: ${String(error)}`));
    rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = mkdtempSync(join(tmpdir(), "stipend-fuzz-stores-"));
    this.result.restores += 1;
    await this.#open();
  }

  async #command(commandId: string, action: Parameters<typeof sendCommand>[1]["action"]): Promise<void> {
    await sendCommand(this.#log, { commandId, campaign: CAMPAIGN, atMs: this.#options.nowMs(), action });
  }

  async round(): Promise<void> {
    const { ground, random, nowMs, forward } = this.#options;
    const { result } = this;
    forward();
    const target = { ...PARTITIONS, campaign: campaign(), release: this.#release.hash, nowMs: nowMs() };
    for (let left = A_ROUND; left > 0; left -= 1) {
      const { kind, record } = this.#hostile.draw(target);
      this.#count(kind, await ground.put(record));
    }
    const topic = ["sessions", "outcomes", "grants"][random.below(3)] ?? "sessions";
    if (random.below(4) === 0) this.#count("bombs", await ground.bomb(topic, random.below(PARTITIONS.users)));
    const users = Array.from({ length: 4 }, (_, n) => `good-${result.rounds}-${n}`);
    await this.#log.send(
      users.map((user) => ({
        topic: "sessions",
        key: Buffer.from(user),
        value: codecFor("sessions").encode(sessionOf(`session-${user}`, user, nowMs(), { campaign: null })),
      })),
    );
    const commandId = `good-${result.rounds}`;
    await this.#command(commandId, { kind: "set_caps", caps: [] });
    await this.#step();
    await this.#check(
      users.map((user) => `session-${user}`),
      commandId,
    );
    result.rounds += 1;
    if (result.rounds % LOOK_EVERY === 0) await this.look();
    if (result.rounds % RESTART_EVERY === 0) await this.#restart();
    ground.maintain(nowMs());
    result.rssMiB = Math.max(result.rssMiB, Math.round((process.memoryUsage().rss - this.#rssBefore) / MiB));
  }

  #count(kind: string, taken: boolean): void {
    const { result } = this;
    if (!taken) {
      result.refusedAtSend += 1;
      return;
    }
    result.records += 1;
    result.byKind[kind] = (result.byKind[kind] ?? 0) + 1;
  }

  async #check(sessions: readonly string[], commandId: string): Promise<void> {
    const { result } = this;
    const decided = new Set<string>();
    await this.#since("decisions", ({ sessionId }) => decided.add(sessionId));
    const answered = new Set<string>();
    await this.#since("budget-status", ({ answers }) => answers.forEach((answer) => answered.add(answer.commandId)));
    await this.#since(
      "dead-letters",
      ({ reason }) => (result.deadLetters[reason] = (result.deadLetters[reason] ?? 0) + 1),
    );
    result.good += sessions.length + 1;
    const missing = sessions.filter((id) => !decided.has(id));
    result.undecided += missing.length;
    if (missing.length > 0) this.#find(`round ${result.rounds}: undecided: ${missing.join(", ")}`);
    if (!answered.has(commandId)) {
      result.unanswered += 1;
      this.#find(`round ${result.rounds}: ${commandId} has no answer`);
    }
  }

  async #since<N extends "decisions" | "budget-status" | "dead-letters">(
    topic: N,
    each: (value: TopicValues[N]) => void,
  ): Promise<void> {
    for (const { partition, start } of await this.#log.ranges(topic)) {
      const place = `${topic}/${partition}`;
      const from = Math.max(start, this.#next.get(place) ?? 0);
      for await (const { record, value } of readTopic(this.#log, topic, { partition, from })) {
        this.#next.set(place, record.offset + 1);
        if (value !== null) each(value);
      }
    }
  }

  /** As people do: none of it may end by what is on the topics. */
  async look(): Promise<void> {
    try {
      await this.#board.refresh(this.#log);
      await latestStatuses(this.#log);
      await campaignsOn(this.#log);
      await listReleases(this.#log, undefined);
      await erasedUsers(this.#log);
      for await (const _ of lettersOf(this.#log, { reason: undefined, topic: undefined, at: [] })) break;
    } catch (error) {
      this.#find(`looking: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      this.result.failedTasks += 1;
    }
  }

  async end(): Promise<void> {
    await this.#allocator?.close().catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
