// Day
// One seeded day of the whole: machines that run the allocator and the treasurer on one simulated log, people, operators,
// and everything that goes wrong. In each round time passes, records arrive, machines die and come back, and some of the
// calls under way get their turn.
//
// Invariants:
//   D1. The same seed and seams give the same day, to the byte: nothing in it reads a real clock.
//   D2. The evening is calm: all machines are back, nothing fails any more, every letter has arrived, every window is over
//       and nobody has anything left to do. So what must come to pass in the end can be demanded of every day.

import { seededRandom, type Random } from "../../src/domain/random.ts";
import { LogUnavailable, OutcomeUnknown, type OutRecord } from "../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { TOPICS, topicSpecs } from "../../src/log/topics.ts";
import { CallFaults } from "./machine/call-faults.ts";
import { Disk } from "./machine/disk.ts";
import { History, valueOf } from "./history.ts";
import { Machine, type Seams } from "./machine/machine.ts";
import { Operators } from "./actors/operators.ts";
import { People } from "./actors/people.ts";
import type { PlayedDay } from "./played-day.ts";
import { Post } from "./actors/post.ts";
import { DAY_START_MS, furthestMsOf, placementsOf, roundMsOf, settingOf, type Setting } from "./setting.ts";
import { Sleepers } from "./machine/sleepers.ts";
import { Tally } from "./tally.ts";
import { shuffled, Turns, type Waiting } from "./machine/turns.ts";

const MOST_EVENING_ROUNDS = 1_200;
/** Rounds without a write in which every task has looked for something to do. */
const REST_ROUNDS = 3;
const EVERY_TOPIC = Object.keys(TOPICS);
/** Share of the calls under way that get their turn in a round; of those who look again where nothing was. */
const PACE = 0.85;
const IDLE_PACE = 0.2;
/** Of those who copy: slow, so that partitions are taken over amid it. */
const COPY_PACE = 0.15;
/** How often people look at what they got, in rounds. */
const REACT_EVERY = 4;

export async function playDay(seed: number, seams: Seams = {}): Promise<PlayedDay> {
  const day = new Day(seed, seams);
  return await day.play();
}

interface Node {
  readonly machine: Machine;
  readonly disk: Disk;
  /** Round at which what it does now ends: a zombie's life, or the time without a process. */
  untilRound: number;
  /** Whether the process before was killed: then its disk may have suffered. */
  killed: boolean;
  wasRunning: boolean;
}

class Day {
  readonly #setting: Setting;
  readonly #random: Random;
  readonly #faults: CallFaults;
  readonly #tally = new Tally();
  readonly #turns = new Turns();
  readonly #post = new Post();
  readonly #sleepers = new Sleepers();
  readonly #people: People;
  readonly #cluster: SimulatedCluster;
  readonly #producer: SimulatedLog;
  readonly #history: History;
  readonly #nodes: Node[];
  readonly #failures: string[] = [];
  readonly #compactions: number[] = [];
  readonly #stalled = new Map<string, number>();
  /** By task: how much had been written when it looked last. */
  readonly #polledAt = new Map<string, number>();
  #nowMs = DAY_START_MS;
  #round = 0;
  #appends = 0;
  #calm = false;
  #compactionDue = false;

  constructor(seed: number, seams: Seams) {
    const random = seededRandom(`simulation/${seed}`);
    this.#setting = settingOf(seed, random.fork("setting"));
    this.#random = random.fork("day");
    this.#faults = new CallFaults(this.#setting.rates, random.fork("faults"), this.#tally);
    this.#people = new People(this.#setting, random.fork("people"), this.#tally, this.#post);
    this.#cluster = createSimulatedCluster({
      // Each append at an instant of its own (history.ts).
      now: () => (this.#appends += 1),
      faults: (point) => (this.#calm ? "none" : this.#faults.at(point)),
      sharing: "many",
    });
    this.#producer = this.#cluster.connect("producer");
    this.#history = new History(this.#cluster.connect("onlooker"));
    this.#nodes = Array.from({ length: this.#setting.machines }, (_, index) => this.#node(index, random, seams));
    new Operators(this.#setting, random.fork("operators"), this.#tally, this.#post).plan();
    this.#people.arrive();
  }

  async play(): Promise<PlayedDay> {
    const { partitions, rounds } = this.#setting;
    await this.#producer.ensureTopics(topicSpecs(partitions));
    while (this.#round < rounds) await this.#playRound(Math.round(2 * roundMsOf(this.#setting) * this.#random.unit()));
    const atRest = await this.#evening();
    await this.#history.read(EVERY_TOPIC);
    for (const { machine } of this.#nodes) machine.kill();
    return {
      setting: this.#setting,
      transactions: this.#history.transactions(),
      compactions: this.#compactions,
      faults: this.#tally.counts,
      failures: this.#failures,
      rounds: this.#round,
      atRest,
      log: this.#cluster.connect("auditor"),
    };
  }

  async #playRound(passMs: number): Promise<void> {
    this.#round += 1;
    this.#nowMs += passMs;
    this.#sleepers.wake(this.#nowMs);
    await this.#deliver();
    for (const node of this.#nodes) this.#tend(node);
    await this.#turns.release(this.#random, (at) => this.#mayGo(at));
    if (this.#round % REACT_EVERY === 0) await this.#react();
    this.#compactionDue ||= !this.#calm && this.#chance(this.#setting.rates.compaction);
    if (this.#compactionDue) await this.#compact();
  }

  async #evening(): Promise<boolean> {
    this.#calm = true;
    const { endMs, campaigns } = this.#setting;
    const longestMs = campaigns.reduce((most, campaign) => Math.max(most, campaign.reservation.ttlMs), 0);
    const strideMs = Math.max(2_000, Math.round((endMs - DAY_START_MS) / 12));
    // A task whose time was told by a clock that ran ahead stands until its own has caught up, with what it has to report.
    const restMs = 2_000 + Math.ceil((2 * furthestMsOf(this.#setting)) / REST_ROUNDS);
    let over = false;
    let resting = 0;
    for (let left = MOST_EVENING_ROUNDS; left > 0; left -= 1) {
      const next = this.#post.nextMs;
      const before = this.#appends;
      await this.#playRound(
        next === null ? (over ? restMs : longestMs + 2_000) : Math.max(strideMs, next - this.#nowMs),
      );
      if (await this.#react()) continue;
      if (next === null) over = true;
      resting = next === null && this.#appends === before && this.#allIdle() ? resting + 1 : 0;
      if (resting >= REST_ROUNDS) return true;
    }
    return false;
  }

  /** Every task is somebody's, and waits for something to do. */
  #allIdle(): boolean {
    const { users, control } = this.#setting.partitions;
    const { waiting } = this.#turns;
    return waiting.length === users + control && waiting.every(({ step }) => step === "poll");
  }

  #node(index: number, random: Random, seams: Seams): Node {
    const name = `machine-${index}`;
    const disk = new Disk({
      random: random.fork(`disk ${index}`),
      tally: this.#tally,
      failureRate: () => (this.#calm ? 0 : this.#setting.rates.storeFailed),
    });
    const machine = new Machine({
      name,
      cluster: this.#cluster,
      disk,
      placement: placementsOf(this.#setting),
      batchRecords: this.#setting.batchRecords,
      drainMs: roundMsOf(this.#setting),
      standbyMs: this.#setting.standby ? roundMsOf(this.#setting) : null,
      tally: this.#tally,
      clock: {
        nowMs: () => this.#nowMs,
        sleep: (ms) => (ms <= 0 ? Promise.resolve() : this.#sleepers.sleep(this.#nowMs + ms)),
      },
      slowness: (process) => ({
        wait: (task, step) => this.#turns.wait({ process, task, step, notBefore: this.#hang(step) }),
        answersLate: () => !this.#calm && this.#chance(this.#setting.rates.slow),
      }),
      seams,
      failed: (error) =>
        this.#failures.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    });
    machine.skewMs = Math.round((2 * this.#random.unit() - 1) * this.#setting.skewMsMax);
    if (machine.skewMs !== 0) this.#tally.count("clock_skewed");
    return { machine, disk, untilRound: 0, killed: false, wasRunning: false };
  }

  /** What becomes of a machine this round. */
  #tend(node: Node): void {
    const { machine } = node;
    const { state } = machine;
    if (state === "down") return this.#tendDown(node);
    node.wasRunning = true;
    if (state === "zombie") {
      if (this.#calm || this.#round >= node.untilRound) this.#kill(node);
      return;
    }
    if (this.#calm || state === "leaving") return;
    const { rates } = this.#setting;
    if (this.#chance(rates.clockJump)) {
      this.#tally.count("clock_jump");
      // Also by more than the time between two cycles: then it runs backward.
      machine.skewMs = Math.round((2 * this.#random.unit() - 1) * furthestMsOf(this.#setting));
    }
    if (this.#chance(rates.freeze)) {
      this.#tally.count("zombie");
      node.untilRound = this.#round + 2 + this.#random.below(10);
      machine.freeze();
    } else if (this.#chance(rates.leave)) {
      this.#tally.count("machine_left");
      node.killed = false;
      machine.leave();
    }
  }

  #tendDown(node: Node): void {
    if (node.wasRunning) {
      node.wasRunning = false;
      node.untilRound = this.#round + this.#random.below(8);
    }
    if (!this.#calm && this.#round < node.untilRound) return;
    if (node.killed) node.disk.afterCrash();
    node.killed = true;
    this.#tally.count("machine_joined");
    node.machine.start();
  }

  #kill(node: Node): void {
    node.killed = true;
    node.machine.kill();
  }

  /** Now and then a call, or its answer, is on its way for long. */
  #hang(step: Waiting["step"]): number {
    if (this.#calm || step === "poll" || !this.#chance(this.#setting.rates.hang)) return 0;
    this.#tally.count("call_hung");
    return this.#round + 2 + this.#random.below(12);
  }

  #mayGo(at: Waiting): boolean {
    const until = Math.max(this.#stalled.get(at.task) ?? 0, at.notBefore);
    if (this.#calm) return true;
    if (this.#round < until) return false;
    if (at.step === "poll" && at.task.startsWith("serve") && this.#chance(this.#setting.rates.stall)) {
      this.#tally.count("stalled_on_stale_grants");
      this.#stalled.set(at.task, this.#round + 3 + this.#random.below(15));
      return false;
    }
    if (at.step !== "poll") return this.#chance(at.task.startsWith("copy") ? COPY_PACE : PACE);
    // Nothing has been written since it looked last: looking again, only time could have brought something.
    const idle = this.#polledAt.get(at.task) === this.#appends;
    if (!this.#chance(idle ? IDLE_PACE : PACE)) return false;
    this.#polledAt.set(at.task, this.#appends);
    return true;
  }

  async #deliver(): Promise<void> {
    const due = this.#post.due(this.#nowMs);
    if (due.length === 0) return;
    const reorders = !this.#calm && this.#chance(0.1);
    if (reorders) this.#tally.count("batch_reordered");
    await this.#send(reorders ? shuffled(this.#random, due) : due);
  }

  async #send(records: readonly OutRecord[]): Promise<void> {
    for (;;) {
      try {
        return await this.#producer.send(records);
      } catch (error) {
        if (!(error instanceof LogUnavailable) && !(error instanceof OutcomeUnknown)) throw error;
      }
    }
  }

  async #react(): Promise<boolean> {
    const fresh = await this.#history.read(["decisions"]);
    for (const record of fresh) this.#people.react(valueOf("decisions", record), this.#nowMs);
    return fresh.length > 0;
  }

  /** Not while a commit is under way: then nobody could say afterwards what its cycle had read. */
  async #compact(): Promise<void> {
    if (this.#turns.waiting.some(({ step }) => step === "commit")) return;
    this.#compactionDue = false;
    await this.#history.read(EVERY_TOPIC.filter((topic) => topic !== "decisions"));
    this.#tally.count("compaction");
    this.#compactions.push(this.#appends);
    this.#cluster.maintain(0);
  }

  #chance(rate: number): boolean {
    return this.#random.unit() < rate;
  }
}
