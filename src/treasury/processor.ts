// The treasury processor: the single writer that grants slices of each campaign's budget to its shards.
// Pure: everything is in the state and in the batch. In a cycle releases are taken before commands, so that a release and
// its promotion may arrive together, and commands before reports.

import type { LogRecord } from "../log/event-log.ts";
import { codecFor, decodedOrNull, Undecodable, type Codec, type TopicValues } from "../log/codec/codec.ts";
import type { Placement } from "../log/partitioner.ts";
import { misplaced } from "../log/placement.ts";
import type { Processor } from "../task/processor.ts";
import { commandBreach, releaseBreach, reportBreach } from "./inbox/contract.ts";
import { ManifestCache } from "./inbox/releases.ts";
import { treasuryStateCodec, TreasuryCycle, type CycleOptions } from "./cycle.ts";

export interface TreasuryOptions {
  /** Partition count of the user-keyed topics: the number of a campaign's shards. */
  readonly shards: number;
  /** Of the topics keyed by campaign. */
  readonly placement: Placement;
  /** 32 bytes that nobody can foretell; where a day is played again, those that the campaign had. */
  readonly newSecret: (campaign: string) => Uint8Array;
}

/** A new secret for each campaign that the batch would make. */
export type TreasuryFacts = ReadonlyMap<string, Uint8Array>;

const MOST_DUE = 1_000;

export function createTreasuryProcessor(options: TreasuryOptions): Processor<TreasuryFacts> {
  const cycleOptions: CycleOptions = { shards: options.shards, parsed: new ManifestCache() };
  return {
    prepare: (_view, batch) => Promise.resolve(secretsFor(batch, options.newSecret)),
    process(view, batch, secrets, context) {
      const cycle = new TreasuryCycle(view, cycleOptions, secrets, context);
      const inputs = { cycle, batch, placement: options.placement };
      take(inputs, "releases", releaseBreach, (release, record) => cycle.release(release, record));
      take(inputs, "budget-pacing", commandBreach, (command) => cycle.command(command));
      take(inputs, "shard-reports", reportBreach, (report, record) => cycle.report(report, record));
      for (const key of view.due(context.nowMs, MOST_DUE)) cycle.due(key);
      return cycle.close();
    },
    index(key, value) {
      if (!key.startsWith("c/")) return null;
      const { entry } = treasuryStateCodec.decode(value);
      return entry.kind === "campaign_book" ? entry.dueMs : null;
    },
  };
}

function secretsFor(batch: readonly LogRecord[], newSecret: TreasuryOptions["newSecret"]): TreasuryFacts {
  const secrets = new Map<string, Uint8Array>();
  for (const { topic, value } of batch) {
    if (topic !== "budget-pacing" || value === null) continue;
    const command = decodedOrNull(codecFor(topic), value);
    if (command?.action.kind === "create" && !secrets.has(command.campaign))
      secrets.set(command.campaign, newSecret(command.campaign));
  }
  return secrets;
}

interface Inputs {
  readonly cycle: TreasuryCycle;
  readonly batch: readonly LogRecord[];
  readonly placement: Placement;
}

function take<N extends "releases" | "budget-pacing" | "shard-reports">(
  { cycle, batch, placement }: Inputs,
  topic: N,
  breachOf: (value: TopicValues[N], key: Uint8Array | null) => string | null,
  each: (value: TopicValues[N], record: LogRecord) => void,
): void {
  const codec: Codec<TopicValues[N]> = codecFor(topic);
  for (const record of batch) {
    if (record.topic !== topic) continue;
    if (record.value === null) {
      // A tombstone takes a release from its topic; the treasurer keeps what it knows.
      if (topic !== "releases") cycle.deadLetter(record, "contract", "value: missing");
      continue;
    }
    const value = decoded(codec, record.value, record.unreadable);
    if ("undecodable" in value) {
      cycle.deadLetter(record, "undecodable", value.undecodable);
      continue;
    }
    // What is not in its campaign's partition must not become a second book of the campaign there.
    const stray = misplaced(Buffer.from(value.value.campaign), record.partition, placement);
    const breach = breachOf(value.value, record.key);
    if (stray !== null) cycle.deadLetter(record, "wrong_partition", stray);
    else if (breach !== null) cycle.deadLetter(record, "contract", breach);
    else each(value.value, record);
  }
}

type Decoded<T> = { readonly value: T } | { readonly undecodable: string };

function decoded<T>(codec: Codec<T>, bytes: Uint8Array, unreadable: string | undefined): Decoded<T> {
  if (unreadable !== undefined) return { undecodable: unreadable };
  try {
    return { value: codec.decode(bytes) };
  } catch (error) {
    if (error instanceof Undecodable) return { undecodable: error.message };
    throw error;
  }
}
