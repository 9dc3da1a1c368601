// Release cache: finds a release by its hash on the `releases` topic, checks it, and keeps the last few ready for use.
// It is named by its content, so that when it is fetched cannot matter. A release that is not there, is broken or takes
// too long is `null`: the sessions of that cycle get the control arm, and the next cycle asks again.

import { within } from "../../domain/within.ts";
import { compileRowEncoder, type RowEncoder } from "../../domain/session/features.ts";
import { parseRelease, type Release, type ReleaseManifest } from "../../domain/release/release.ts";
import type { ReleaseRecord } from "../../domain/campaign/control.ts";
import type { Codec } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { Classifier } from "./onnx.ts";

/** A release as serving uses it. */
export interface ReadyRelease {
  readonly hash: string;
  readonly manifest: ReleaseManifest;
  readonly encoder: RowEncoder;
  readonly classifier: Classifier;
}

export interface ReleaseCache {
  get(hash: string): Promise<ReadyRelease | null>;
  close(): Promise<void>;
}

export interface ReleaseCacheOptions {
  readonly log: EventLog;
  readonly codec: Codec<ReleaseRecord>;
  readonly load: (release: Release, width: number) => Promise<Classifier>;
  /** Longest wait of a cycle for a release that is not ready yet; the loading itself goes on. */
  readonly deadlineMs?: number;
  /** With what was wrong with a release. */
  readonly onTrouble?: (hash: string, error: unknown) => void;
}

const TOPIC = "releases";
/** More live campaigns with releases of their own than this, and they are loaded again and again. */
const KEPT = 32;

interface RecordPosition {
  readonly partition: number;
  readonly offset: number;
}

export function createReleaseCache(options: ReleaseCacheOptions): ReleaseCache {
  return new LogReleaseCache(options);
}

class LogReleaseCache implements ReleaseCache {
  readonly #options: ReleaseCacheOptions;
  /** By hash, the least recently used first. */
  readonly #ready = new Map<string, ReadyRelease>();
  readonly #coming = new Map<string, Promise<ReadyRelease | null>>();
  readonly #positionOf = new Map<string, RecordPosition>();
  readonly #nextOffset = new Map<number, number>();
  /** By hash: where the record is that cannot be used. Another record under the hash is another chance. */
  readonly #broken = new Map<string, RecordPosition>();
  #retired: ReadyRelease | null = null;

  constructor(options: ReleaseCacheOptions) {
    this.#options = options;
  }

  async get(hash: string): Promise<ReadyRelease | null> {
    const ready = this.#ready.get(hash);
    if (ready !== undefined) {
      this.#ready.delete(hash);
      this.#ready.set(hash, ready);
      return ready;
    }
    let coming = this.#coming.get(hash);
    if (coming === undefined) {
      coming = this.#fetch(hash).finally(() => this.#coming.delete(hash));
      this.#coming.set(hash, coming);
    }
    return await within(coming, this.#options.deadlineMs ?? 2_000);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#coming.values());
    const all = [...this.#ready.values(), ...(this.#retired === null ? [] : [this.#retired])];
    this.#ready.clear();
    this.#retired = null;
    for (const ready of all) await ready.classifier.close();
  }

  async #fetch(hash: string): Promise<ReadyRelease | null> {
    const record = await this.#find(hash).catch((error: unknown) => {
      this.#options.onTrouble?.(hash, error);
      return null;
    });
    if (record === null) return null;
    const position = this.#positionOf.get(hash);
    try {
      const release = parseRelease(record.manifest, record.classifier, hash, `release ${hash}`);
      const encoder = compileRowEncoder(release.manifest.features);
      const classifier = await this.#options.load(release, encoder.width);
      const ready = { hash, manifest: release.manifest, encoder, classifier };
      await this.#keep(ready);
      return ready;
    } catch (error) {
      // What is on the topic stays as it is: it will not get better.
      if (position !== undefined) this.#broken.set(hash, position);
      this.#options.onTrouble?.(hash, error);
      return null;
    }
  }

  async #keep(ready: ReadyRelease): Promise<void> {
    this.#ready.set(ready.hash, ready);
    const [oldest] = this.#ready.values();
    if (this.#ready.size <= KEPT || oldest === undefined) return;
    this.#ready.delete(oldest.hash);
    // A cycle may still be using it: it is closed when the next one leaves the cache.
    const retired = this.#retired;
    this.#retired = oldest;
    await retired?.classifier.close();
  }

  async #find(hash: string): Promise<ReleaseRecord | null> {
    const position = this.#positionOf.get(hash);
    const isBroken = position !== undefined && this.#broken.get(hash) === position;
    const record = position === undefined || isBroken ? null : await this.#recordAt(position, hash);
    return record ?? (await this.#readOn(hash));
  }

  async #recordAt(position: RecordPosition, hash: string): Promise<ReleaseRecord | null> {
    const { log, codec } = this.#options;
    for await (const batch of log.read(TOPIC, position.partition, position.offset, { maxRecords: 1 }))
      for (const { value } of batch) {
        const record = value === null ? null : codec.decode(value);
        if (record?.hash === hash) return record;
      }
    return null;
  }

  /** Reads what was published since the last look, and remembers where each release is. */
  async #readOn(hash: string): Promise<ReleaseRecord | null> {
    const { log, codec } = this.#options;
    let found: ReleaseRecord | null = null;
    for (const { partition, start } of await log.ranges(TOPIC)) {
      const from = Math.max(start, this.#nextOffset.get(partition) ?? 0);
      for await (const batch of log.read(TOPIC, partition, from))
        for (const { offset, value } of batch) {
          this.#nextOffset.set(partition, offset + 1);
          const record = value === null ? null : decoded(codec, value);
          if (record === null) continue;
          this.#positionOf.set(record.hash, { partition, offset });
          if (record.hash === hash) found = record;
        }
    }
    return found;
  }
}

/** Somebody else's bytes on the topic are not ours to stop at. */
function decoded(codec: Codec<ReleaseRecord>, value: Uint8Array): ReleaseRecord | null {
  try {
    return codec.decode(value);
  } catch {
    return null;
  }
}
