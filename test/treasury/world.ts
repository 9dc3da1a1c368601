// A small world around the treasury processor: shards with a ledger of their own (no code shared with src/), a network
// that may repeat, delay and reorder their reports, and a clock that is stepped by hand.

import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import type { BudgetStatus, Grant, PacingAction, ShardReport } from "../../src/domain/campaign/control.ts";
import { canonicalJson } from "../../src/domain/canonical.ts";
import { releaseHash, type ReleaseManifest } from "../../src/domain/release/release.ts";
import type { DeadLetter } from "../../src/domain/session/dead-letter.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { LogRecord, OutRecord } from "../../src/log/event-log.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import { treasuryStateCodec } from "../../src/treasury/cycle.ts";
import type { CampaignBook } from "../../src/treasury/state/state.ts";
import { createTreasuryProcessor } from "../../src/treasury/processor.ts";
import { ARMS, Shard } from "./shard.ts";

export function campaign(changes: Partial<Campaign> = {}): Campaign {
  return {
    id: "spring",
    currency: "EUR",
    budgetMinor: 1_000_000n,
    explorationBudgetMinor: 50_000n,
    startMs: 0,
    endMs: 86_400_000,
    arms: ARMS,
    holdoutShare: 0.05,
    explorationShare: 0.05,
    caps: [],
    reservation: { policy: "strict", ttlMs: 7_200_000 },
    pacing: { mode: "asap", expectedSessions: 10_000 },
    priority: 0,
    surfaces: [],
    rewardWeights: { converted: 1 },
    ...changes,
  };
}

/** One cluster; arms by rising share of the dearer ones. */
export function manifest(redemption = 0.3, name = "a"): ReleaseManifest {
  const rows = [0, 1, 2, 3, 4].map((row) => ({
    budgetPerSession: row * 75 * redemption,
    shares: [row < 4 ? [20 - 5 * row, 5 * row, 0] : [0, 10, 10]],
    expectedReward: row,
    expectedCost: row * 75 * redemption,
    shadowPrice: 0.01 / (row + 1),
  }));
  const one = (values: number[]): number[][] => [values];
  return {
    format: 1,
    features: { features: [{ name: "spend", kind: "numeric", default: 0 }] },
    arms: ARMS.map((arm) => arm.id),
    clusters: 1,
    classifier: "0".repeat(64),
    frontier: { steps: 20, rows },
    values: {
      reward: one([0, 1, 2]),
      rewardSe: one([0, 0, 0]),
      cost: one([0, 300 * redemption, 5 + 1_000 * redemption]),
      costSe: one([0, 0, 0]),
      redemption: one([0, redemption, redemption]),
      mix: [1],
    },
    certificate: { solver: "none", maxGap: 0, gapBound: 0, inputHash: "", scenarios: 1, risk: 0 },
    summary: { name },
  };
}

const CODECS = {
  grants: codecFor("grants"),
  "budget-status": codecFor("budget-status"),
  "budget-pacing": codecFor("budget-pacing"),
  "shard-reports": codecFor("shard-reports"),
  releases: codecFor("releases"),
  "dead-letters": codecFor("dead-letters"),
};

/** Of every campaign. */
const SECRET = Buffer.alloc(32, 7);

export class World {
  readonly shards: Shard[];
  readonly campaign: Campaign;
  statuses: BudgetStatus[] = [];
  letters: string[] = [];
  /** The last one, whole. */
  letter: DeadLetter | null = null;
  outputs: OutRecord[] = [];
  /** Granted and not known to be back, by what the topics said. */
  readonly out = { plan: 0n, exploration: 0n };
  #cycle = 0;
  #offset = 0;
  #commands = 0;
  #inbox: LogRecord[] = [];
  /** Of control. */
  readonly partition: number;
  readonly #processor;
  readonly #store;

  constructor(of: Campaign, shards: number, { partition = 0, partitions = 1 } = {}) {
    this.campaign = of;
    this.partition = partition;
    this.shards = Array.from({ length: shards }, (_, index) => new Shard(index));
    this.#processor = createTreasuryProcessor({
      shards,
      placement: { partitioner: "murmur2", partitions },
      newSecret: () => SECRET,
    });
    this.#store = memoryStores().open(0, (key, value) => this.#processor.index(key, value));
  }

  send(topic: keyof typeof CODECS, value: Uint8Array | null, key: Uint8Array | null = null): void {
    this.#offset += 1;
    const at = { partition: this.partition, offset: this.#offset, timestampMs: 0, key, headers: {} };
    this.#inbox.push({ topic, value, ...at });
  }

  command(
    action: PacingAction,
    changes: { commandId?: string; expectedRevision?: number; campaign?: string; dryRun?: boolean } = {},
  ): string {
    const commandId = changes.commandId ?? `command-${(this.#commands += 1)}`;
    this.send(
      "budget-pacing",
      CODECS["budget-pacing"].encode({
        commandId,
        campaign: changes.campaign ?? this.campaign.id,
        atMs: 0,
        expectedRevision: changes.expectedRevision ?? null,
        dryRun: changes.dryRun ?? false,
        action,
      }),
    );
    return commandId;
  }

  /** Publishes a release of that name; answers its hash. */
  release(name: string, made: ReleaseManifest = manifest(0.3, name)): string {
    const hash = releaseHash(made);
    this.publish(hash, canonicalJson(made));
    return hash;
  }

  publish(hash: string, json: string): void {
    const record = { campaign: this.campaign.id, hash, publishedAtMs: 0, manifest: json, evidence: "{}" };
    const value = CODECS.releases.encode({ ...record, classifier: new Uint8Array(1) });
    this.send("releases", value, Buffer.from(`${this.campaign.id}/${hash}`));
  }

  sendReport(report: ShardReport): void {
    this.send("shard-reports", CODECS["shard-reports"].encode(report));
  }

  /** The campaign as an earlier version has left it. */
  restore(book: CampaignBook): void {
    const state = new Map([[`c/${this.campaign.id}`, treasuryStateCodec.encode({ entry: book })]]);
    this.#store.apply(state, { changelogEnd: 0, lineage: "", cycle: 0, atMs: 0 });
  }

  /** One cycle of the treasurer; its grants are given to `deliver`. */
  cycle(nowMs: number, deliver: (shard: number, grant: Grant, offset: number) => void = this.hearNow): void {
    const batch = this.#inbox;
    this.#inbox = [];
    this.#cycle += 1;
    const secrets = new Map([this.campaign.id, "nowhere"].map((id) => [id, SECRET]));
    const context = { partition: this.partition, cycle: this.#cycle, nowMs };
    const effects = this.#processor.process(this.#store, batch, secrets, context);
    this.#store.apply(effects.state, { changelogEnd: this.#cycle, lineage: "", cycle: this.#cycle, atMs: nowMs });
    for (const record of effects.records) this.#take(record, deliver);
  }

  readonly hearNow = (shard: number, grant: Grant, offset: number): void => this.shards[shard]?.hear(grant, offset);

  #take(record: OutRecord, deliver: (shard: number, grant: Grant, offset: number) => void): void {
    this.outputs.push(record);
    const value = record.value ?? new Uint8Array();
    if (record.topic === "grants") deliver(record.partition ?? -1, CODECS.grants.decode(value), this.outputs.length);
    else if (record.topic === "budget-status") this.statuses.push(CODECS["budget-status"].decode(value));
    else {
      this.letter = CODECS["dead-letters"].decode(value);
      this.letters.push(this.letter.detail);
    }
  }

  get status(): BudgetStatus {
    const status = this.statuses.at(-1);
    if (status === undefined) throw new Error("no status yet");
    return status;
  }

  answer(commandId: string): string {
    const found = this.statuses.flatMap((status) => status.answers).filter((answer) => answer.commandId === commandId);
    const last = found.at(-1);
    return last === undefined
      ? "none"
      : `${last.outcome} ${last.revision}${last.refusal === null ? "" : ` ${last.refusal}`}`;
  }

  used(account: "plan" | "exploration" = "plan"): bigint {
    return this.shards.reduce(
      (sum, shard) => sum + shard[account].reserved - shard[account].released + shard[account].sent,
      0n,
    );
  }

  posted(): bigint {
    return this.shards.reduce((sum, shard) => sum + shard.plan.settled + shard.plan.sent, 0n);
  }
}
