// A harness for the serve processor: the simulated log, the task's runner, memory stores and a clock that is stepped by
// hand; grants written by the test in the treasurer's place.

import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import type { Grant, ShardReport } from "../../src/domain/campaign/control.ts";
import type { DeadLetter } from "../../src/domain/session/dead-letter.ts";
import type { Decision, Settlement } from "../../src/domain/decision/decision.ts";
import type { Release } from "../../src/domain/release/release.ts";
import type { Outcome, Profile, Session } from "../../src/domain/session/session.ts";
import type { TrainingRow } from "../../src/domain/decision/training-row.ts";
import { codecFor, schemaCodec, type TopicValues } from "../../src/log/codec/codec.ts";
import type { LogRecord, OutRecord } from "../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { noFaults } from "../../src/log/simulated/faults.ts";
import { serveKind, topicSpecs } from "../../src/log/topics.ts";
import { loadClassifier } from "../../src/serve/classify/onnx.ts";
import { createReleaseCache, type ReleaseCache } from "../../src/serve/classify/release-cache.ts";
import type { FeatureService } from "../../src/serve/enrich/feature-service.ts";
import { createServeProcessor, type ServeFacts } from "../../src/serve/processor.ts";
import type { ControlRecord } from "../../src/task/cycle/control-record.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import { unobserved } from "../../src/task/observer.ts";
import { joinRunner, type Runner } from "../../src/task/runner.ts";
import { ARMS, releaseRecord, tinyRelease } from "./tiny-release.ts";

export const START_MS = Date.UTC(2026, 0, 1);
export const HOUR_MS = 3_600_000;
/** However busy the machine is, it is not what decides. */
export const PATIENT_MS = 60_000;

export function campaign(changes: Partial<Campaign> = {}): Campaign {
  return {
    id: "spring",
    currency: "EUR",
    budgetMinor: 100_000_000n,
    explorationBudgetMinor: 1_000_000n,
    startMs: START_MS,
    endMs: START_MS + 30 * 24 * HOUR_MS,
    arms: ARMS,
    holdoutShare: 0,
    explorationShare: 0,
    caps: [],
    reservation: { policy: "strict", ttlMs: HOUR_MS },
    pacing: { mode: "asap", expectedSessions: 1_000 },
    priority: 0,
    surfaces: [],
    rewardWeights: { converted: 1 },
    ...changes,
  };
}

/** A grant of the campaign above, live, to the first shard. */
export function grantOf(changes: Partial<Grant> = {}): Grant {
  return {
    campaign: campaign(),
    shard: 0,
    secret: Buffer.alloc(32, 1),
    atMs: START_MS,
    state: "live",
    revision: 1,
    release: RELEASE.hash,
    planRow: 1,
    shadowPrice: 0.01,
    throttle: 1,
    grantedMinor: { plan: 100_000n, exploration: 0n },
    returnTargetMinor: { plan: 0n, exploration: 0n },
    ungrantedMinor: { plan: 900_000n, exploration: 0n },
    ...changes,
  };
}

export interface HarnessOptions {
  readonly partitions?: number;
  readonly features?: FeatureService;
  readonly releaseCache?: (log: SimulatedLog) => ReleaseCache;
  readonly maxRecords?: number;
  readonly dueMax?: number;
}

/** The release that grants name when they name none. */
export const RELEASE: Release = tinyRelease();

export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = new Harness(options);
  await harness.open();
  return harness;
}

export class Harness {
  nowMs = START_MS;
  /** What cycles told. */
  readonly counts = new Map<string, number>();
  readonly notes: string[] = [];
  readonly cluster = createSimulatedCluster({ now: () => this.nowMs });
  /** Of the test: what is sent and read goes on when the serving process dies. */
  readonly client: SimulatedLog = this.cluster.connect("client");
  log: SimulatedLog = this.cluster.connect("serve");
  stores = memoryStores();
  runner: Runner<ServeFacts> | null = null;
  readonly #options: HarnessOptions;
  readonly #partitions: number;
  #releaseCache: ReleaseCache | null = null;
  #grants = new Map<string, Grant>();
  #number = 0;

  constructor(options: HarnessOptions) {
    this.#options = options;
    this.#partitions = options.partitions ?? 1;
  }

  async open(): Promise<void> {
    await this.client.ensureTopics(topicSpecs({ users: this.#partitions, control: 1 }));
    await this.publish(RELEASE);
    await this.start();
  }

  async start(): Promise<void> {
    const releaseCache =
      this.#options.releaseCache?.(this.log) ??
      createReleaseCache({
        log: this.log,
        codec: codecFor("releases"),
        load: loadClassifier,
        deadlineMs: PATIENT_MS,
      });
    this.#releaseCache = releaseCache;
    this.runner = await joinRunner<ServeFacts>({
      log: this.log,
      kind: serveKind("test"),
      processor: () =>
        createServeProcessor({
          releaseCache,
          placement: { partitioner: "murmur2", partitions: this.#partitions },
          features: this.#options.features ?? null,
          ...(this.#options.dueMax === undefined ? {} : { dueMax: this.#options.dueMax }),
        }),
      openStore: (partition, index) => this.stores.open(partition, index),
      codec: schemaCodec<ControlRecord>("control-record"),
      clock: { nowMs: () => this.nowMs, sleep: () => Promise.resolve() },
      newLineage: () => `lineage-${(this.#number += 1)}`,
      maxRecords: this.#options.maxRecords ?? 1_000,
      idleMs: 100,
      drainMs: 1_000,
      observer: {
        ...unobserved,
        cycle: ({ counts, notes }) => {
          for (const [key, count] of counts) this.counts.set(key, (this.counts.get(key) ?? 0) + count);
          this.notes.push(...notes.map(({ text }) => text));
        },
      },
    });
  }

  /** Another process takes over after a crash. */
  async restart(): Promise<void> {
    await this.#releaseCache?.close();
    this.cluster.setFaults(noFaults);
    this.log = this.cluster.connect(`serve-${(this.#number += 1)}`);
    await this.start();
  }

  async stop(): Promise<void> {
    await this.runner?.stop();
    this.runner = null;
    await this.#releaseCache?.close();
  }

  /** Runs until nothing is left to do at this time. */
  async run(forwardMs = 0): Promise<void> {
    this.nowMs += forwardMs;
    await this.runner?.runUntilIdle(this.nowMs);
  }

  async publish(release: Release, campaignId = "spring"): Promise<void> {
    const value = codecFor("releases").encode(releaseRecord(campaignId, release));
    await this.client.send([{ topic: "releases", key: Buffer.from(`${campaignId}/${release.hash}`), value }]);
  }

  /** The grant of each shard: the last one with these changes; money is per shard. */
  async grant(changes: Partial<Grant> = {}): Promise<void> {
    const id = changes.campaign?.id ?? "spring";
    for (let shard = 0; shard < this.#partitions; shard += 1) {
      const before = this.#grants.get(`${id}/${shard}`);
      const grant = grantOf({ ...before, ...changes, shard, atMs: this.nowMs });
      this.#grants.set(`${id}/${shard}`, grant);
      await this.send("grants", id, grant, shard);
    }
  }

  async send<N extends keyof TopicValues>(
    topic: N,
    key: string,
    value: TopicValues[N],
    partition?: number,
  ): Promise<void> {
    const record = { topic, key: Buffer.from(key), value: codecFor(topic).encode(value) };
    await this.raw(partition === undefined ? record : { ...record, partition });
  }

  /** As anybody's client may put it there. */
  async raw(record: OutRecord): Promise<void> {
    this.cluster.append([record]);
  }

  session(sessionId: string, userId: string, changes: Partial<Session> = {}): Promise<void> {
    return this.send("sessions", userId, sessionOf(sessionId, userId, this.nowMs, changes));
  }

  outcome(outcomeId: string, userId: string, sessionId: string, changes: Partial<Outcome> = {}): Promise<void> {
    return this.send("outcomes", userId, {
      outcomeId,
      decisionId: `d-${sessionId}`,
      userId,
      atMs: this.nowMs,
      kind: "redeemed",
      amountMinor: null,
      rewards: {},
      ...changes,
    });
  }

  profile(userId: string, attributes: Profile["attributes"], atMs = this.nowMs): Promise<void> {
    return this.send("profiles", userId, { userId, atMs, attributes });
  }

  async all<N extends keyof TopicValues>(topic: N): Promise<TopicValues[N][]> {
    return (await this.records(topic)).flatMap(({ value }) => (value === null ? [] : [codecFor(topic).decode(value)]));
  }

  async records(topic: string): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for (const { partition, start } of await this.client.ranges(topic))
      for await (const batch of this.client.read(topic, partition, start)) records.push(...batch);
    return records;
  }

  decisions = (): Promise<Decision[]> => this.all("decisions");
  settlements = (): Promise<Settlement[]> => this.all("settlements");
  training = (): Promise<TrainingRow[]> => this.all("training-log");
  letters = (): Promise<DeadLetter[]> => this.all("dead-letters");
  reports = (): Promise<ShardReport[]> => this.all("shard-reports");

  /** Grants, lets them and the release come into force, sends one session, and answers with its decision. */
  async decided(grant: Partial<Grant>, session: Partial<Session> = {}, userId = "u1"): Promise<Decision> {
    await this.grant(grant);
    await this.run();
    await this.session("s1", userId, session);
    await this.run();
    return await this.decision("s1");
  }

  async decision(sessionId: string): Promise<Decision> {
    const found = (await this.decisions()).filter((decision) => decision.sessionId === sessionId);
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} decisions for ${sessionId}`);
    return found[0];
  }
}

export function sessionOf(sessionId: string, userId: string, atMs: number, changes: Partial<Session> = {}): Session {
  return {
    sessionId,
    userId,
    atMs,
    surface: null,
    campaign: "spring",
    attributes: { visits: 1, vip: false },
    ...changes,
  };
}
