// Chaos
// Three allocators on a real broker, under a steady load, while they and the broker are killed, frozen and moved, and the
// budget is cut and raised, by a schedule drawn from a seed; then the proof, from the topics. What is done when is the
// seed's; what meets what is the machine's, so that a seed is a good place to look again and not a recording.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import { openKafkaLog, type KafkaLog } from "../../src/log/kafka/log.ts";
import { openShell, type Shell } from "../cli/shell.ts";
import { writeRelease } from "../cli/small-campaign.ts";
import { startBroker, type RunningBroker } from "../../fixtures/broker.ts";
import { Allocator, type Ending } from "./allocators.ts";
import { Brokers } from "./brokers.ts";
import { writeChaosCampaign } from "./campaign.ts";
import { proofOf } from "./checks/proof.ts";
import type { ChaosOptions, ChaosResult } from "./chaos-result.ts";
import { sessionId, startLoad, type Load } from "./load.ts";
import { RecoveryWatch } from "./checks/recovery.ts";
import { settled } from "./checks/settled.ts";
import {
  ALL_HARMS,
  CLOSE,
  HARM_THAT_TELLS,
  planBrokers,
  planBudget,
  planHarm,
  quietAtMs,
  SESSION_MS,
  type BrokerHarm,
  type Harm,
  type Planned,
} from "./schedule.ts";
import { steerBudget, type Steered } from "./steering.ts";

const SLOTS = 3;
const PARTITIONS = 6;
const USERS = 2_000;
/** Far less than they would take: the money runs out, so that whatever took too much would be seen. */
const BUDGET_A_SESSION = 12;
const CRASH_WITHIN_MS = 60_000;
const WORK_WITHIN_MS = 30_000;
const FREEZE_WITHIN_MS = 1_000;
const FREE_AGAIN_MS = 50;
const STEER_MS = 300_000;
/** A broken law can leave a partition standing for good: nobody has to wait long for what that shows. */
const STEER_BROKEN_MS = 60_000;
const PREFIX = "chaos.";

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "stipend-chaos-"));
  const broker = await startBroker({ dir: path.join(folder, "broker"), port: 0, brokers: options.brokers });
  const run = new ChaosRun(options, folder, broker);
  try {
    return await run.all();
  } finally {
    await run.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #folder: string;
  readonly #shell: Shell;
  readonly #allocators: readonly Allocator[];
  readonly #kills: Record<Harm | "lostDisk", number> = {
    kill: 0,
    "after-commit": 0,
    "in-restore": 0,
    freeze: 0,
    leave: 0,
    broker: 0,
    lostDisk: 0,
  };
  readonly #harming = new Set<Promise<void>>();
  readonly #brokerHarms: { harm: BrokerHarm; recoveredMs: number | null }[] = [];
  readonly #cluster: Brokers | null;
  #watch: RecoveryWatch | null = null;
  #broker: RunningBroker;
  #brokerIsAway = false;
  #log: KafkaLog | null = null;

  constructor(options: ChaosOptions, folder: string, broker: RunningBroker) {
    this.#options = options;
    this.#folder = folder;
    this.#broker = broker;
    this.#cluster = options.brokers > 1 ? new Brokers(broker, PREFIX) : null;
    this.#shell = openShell({
      KAFKA_BROKERS: broker.brokers,
      KAFKA_TOPIC_PREFIX: PREFIX,
      // One that is killed must be back before its partitions go to others, or its store is not read again.
      KAFKA_SESSION_TIMEOUT_MS: String(options.breaks === "c3" ? 5 * SESSION_MS : SESSION_MS),
      KAFKA_TRANSACTION_TIMEOUT_MS: "8000",
      STIPEND_PARTITIONS: String(PARTITIONS),
      STIPEND_BATCH_RECORDS: "200",
    });
    const { STIPEND_TEST_NO_KAFKA: _, ...env } = process.env;
    const own = { ...env, ...this.#shell.env, ...(options.breaks === null ? {} : { CHAOS_BREAK: options.breaks }) };
    this.#allocators = Array.from({ length: SLOTS }, (_each, i) => new Allocator(`allocator-${i}`, folder, own));
  }

  async all(): Promise<ChaosResult> {
    const { seed, seconds, ratePerSecond, breaks, say } = this.#options;
    const loadMs = seconds * 1_000;
    const budgets = planBudget(seed, loadMs, ratePerSecond * BUDGET_A_SESSION);
    await this.#setUp(must(budgets[0], "a budget").budgetMinor);
    const log = must(this.#log, "a log");
    const load = startLoad(log, ratePerSecond, USERS);
    const startedAt = performance.now();
    const elapsedMs = (): number => performance.now() - startedAt;
    const { harms, gap } = breaks === null ? { harms: ALL_HARMS, gap: CLOSE } : HARM_THAT_TELLS[breaks];
    const may = this.#cluster === null ? harms : harms.filter((harm) => harm !== "broker");
    const plan = planHarm(seed, loadMs, SLOTS, may, gap);
    const [steered] = await Promise.all([
      steerBudget({
        shell: this.#shell,
        campaign: "chaos",
        plan: budgets,
        elapsedMs,
        longestMs: breaks === null ? STEER_MS : STEER_BROKEN_MS,
        say,
      }),
      this.#doHarm(plan, quietAtMs(loadMs), elapsedMs),
      this.#harmBrokers(load, quietAtMs(loadMs), elapsedMs),
      sleep(loadMs),
    ]);
    await load.stop();
    say(`${load.sent} sessions sent; waiting for their decisions`);
    const settleMs = await settled(log, PARTITIONS, load.sent);
    const badEndings = (await Promise.all(this.#allocators.map((one) => one.end("SIGTERM")))).filter(
      ({ code }) => code !== 0,
    );
    return await this.#result(load, steered, settleMs, badEndings);
  }

  async #doHarm(plan: readonly Planned[], untilMs: number, elapsedMs: () => number): Promise<void> {
    let lateMs = 0;
    for (const planned of plan) {
      if (planned.atMs + lateMs > untilMs) break;
      await sleep(Math.max(0, planned.atMs + lateMs - elapsedMs()));
      await this.#begin(planned, () => elapsedMs() < untilMs);
      // What had to wait makes what follows wait: the gaps stay, or nobody would ever have anything to lose.
      lateMs = Math.max(lateMs, elapsedMs() - planned.atMs);
    }
    await Promise.all(this.#harming);
  }

  /** One after the other, beside what is done to the allocators. */
  async #harmBrokers(load: Load, untilMs: number, elapsedMs: () => number): Promise<void> {
    const { seed, brokers, frozenMs, say } = this.#options;
    if (this.#cluster === null) return;
    const watch = new RecoveryWatch(must(this.#log, "a log"), PARTITIONS);
    this.#watch = watch;
    for (const planned of planBrokers(seed, brokers, frozenMs)) {
      await sleep(planned.gapMs);
      if (elapsedMs() > untilMs) break;
      const { harm, node, forMs } = planned;
      const done: { harm: BrokerHarm; recoveredMs: number | null } = { harm, recoveredMs: null };
      this.#brokerHarms.push(done);
      const at = `${(elapsedMs() / 1_000).toFixed(1)} s  ${harm}, node ${node} for ${forMs} ms`;
      watch.begin(load.sent, (ms) => {
        done.recoveredMs = ms;
        say(`${at}: every partition decides again after ${ms} ms`);
      });
      await this.#cluster.harm(planned);
    }
  }

  async #setUp(budgetMinor: number): Promise<void> {
    await this.#ok("topics create");
    for (const allocator of this.#allocators) allocator.start();
    const campaign = writeChaosCampaign(this.#folder, budgetMinor);
    const { folder, release } = writeRelease(this.#folder, "release");
    await this.#ok(`campaign create ${campaign} --wait`);
    await this.#ok(`releases publish ${folder} --campaign chaos`);
    await this.#ok(`releases promote ${release.hash} --wait`);
    const settings = {
      brokers: this.#broker.brokers.split(","),
      clientId: "chaos",
      topicPrefix: PREFIX,
      patienceMs: 60_000,
    };
    this.#log = await openKafkaLog(settings, () => Date.now());
  }

  async #ok(line: string): Promise<Record<string, unknown>> {
    const { code, err, json } = await this.#shell.run(`${line} --json`);
    if (code !== 0) throw new Error(`stipend ${line} ended with ${code}: ${err}`);
    return json[0] ?? {};
  }

  /** As soon as what it is for is free, and one allocator is left alone; not at all when that is at the quiet end. */
  async #begin(planned: Planned, isTime: () => boolean): Promise<void> {
    while (isTime()) {
      const begun = planned.harm === "broker" ? this.#brokerFor(planned) : this.#allocatorFor(planned);
      if (begun !== null) {
        const harming = begun.finally(() => this.#harming.delete(harming));
        this.#harming.add(harming);
        return;
      }
      await sleep(FREE_AGAIN_MS);
    }
  }

  #brokerFor(planned: Planned): Promise<void> | null {
    return this.#brokerIsAway ? null : this.#killBroker(planned);
  }

  #allocatorFor(planned: Planned): Promise<void> | null {
    const { slot } = planned;
    const inTurn = [...this.#allocators.slice(slot), ...this.#allocators.slice(0, slot)];
    const [free, another] = inTurn.filter((one) => !one.busy && one.running);
    return free === undefined || another === undefined ? null : this.#harm(free, planned);
  }

  async #harm(allocator: Allocator, planned: Planned): Promise<void> {
    allocator.busy = true;
    try {
      const harm = await this.#harmAs(allocator, planned);
      this.#kills[harm] += 1;
      this.#options.say(`${(planned.atMs / 1_000).toFixed(1)} s  ${harm} ${allocator.name} for ${planned.forMs} ms`);
      if (!planned.isSoon) await allocator.works(WORK_WITHIN_MS);
    } finally {
      allocator.busy = false;
    }
  }

  /** What has come of it: an armed crash whose window was not met is a kill like others. */
  async #harmAs(allocator: Allocator, { harm, forMs, losesDisk, count }: Planned): Promise<Harm> {
    if (harm === "freeze") {
      await allocator.frozen(FREEZE_WITHIN_MS);
      await sleep(forMs);
      allocator.signal("SIGCONT");
      return harm;
    }
    await allocator.end(harm === "leave" ? "SIGTERM" : "SIGKILL");
    if (losesDisk && this.#options.breaks === null) {
      this.#kills.lostDisk += 1;
      allocator.loseDisk();
    }
    await sleep(forMs);
    if (harm !== "after-commit" && harm !== "in-restore") {
      allocator.start();
      return harm;
    }
    allocator.start({ CHAOS_CRASH_AT: `${harm === "in-restore" ? "restore" : "commit"}:${count}` });
    const crashed = await allocator.crashed(CRASH_WITHIN_MS);
    await allocator.end("SIGKILL");
    allocator.start();
    return crashed ? harm : "kill";
  }

  async #killBroker({ atMs, forMs }: Planned): Promise<void> {
    this.#brokerIsAway = true;
    process.kill(this.#broker.pid, "SIGKILL");
    this.#kills.broker += 1;
    this.#options.say(`${(atMs / 1_000).toFixed(1)} s  broker for ${forMs} ms and a start`);
    await sleep(forMs);
    const port = Number(this.#broker.brokers.split(":")[1]);
    this.#broker = await startBroker({ dir: this.#broker.dir, port });
    this.#brokerIsAway = false;
  }

  async #result(
    load: Load,
    steered: readonly Steered[],
    settleMs: number,
    badEndings: readonly Ending[],
  ): Promise<ChaosResult> {
    const { seed, seconds } = this.#options;
    const { brokers, jars } = this.#broker;
    const sessions = Array.from({ length: load.sent }, (_, n) => sessionId(n));
    const sound = await proofOf(this.#shell, steered, { brokers, prefix: PREFIX, jars, sessions });
    return {
      ...sound,
      seed,
      seconds,
      sessions: load.sent,
      kills: this.#kills,
      brokerHarms: this.#brokerHarms,
      sentAgain: load.again,
      ownEndings: this.#allocators.flatMap((one) => one.ownEndings.filter(({ signal }) => signal !== "SIGKILL")),
      badEndings,
      settleMs,
    };
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#harming);
    await Promise.all(this.#allocators.map((one) => one.end("SIGKILL")));
    await this.#watch?.end();
    await this.#log?.close();
    await (this.#cluster ?? this.#broker).stop();
    this.#shell.close();
  }
}
