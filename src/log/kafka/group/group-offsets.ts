// Group offsets
// How far the tasks of a member are, for Kafka's own tools: committed to the group about once a second, outside of any
// transaction. No task starts from them (law C1), and so nothing depends on them: a commit that fails is a note, and the
// next one tells the same and more.

import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { Positions } from "../../event-log.ts";
import type { ClusterTopics } from "../catalogue.ts";
import type { Cluster } from "../client/cluster.ts";
import { isRetriable, KafkaError } from "../client/errors.ts";
import type { ConnectionPool } from "../client/connection-pool.ts";
import { commitOffsets, type MemberOf, type PartitionOffset } from "../protocol/group-calls.ts";

export interface OffsetsWorld {
  readonly cluster: Cluster;
  readonly catalogue: ClusterTopics;
}

export interface OffsetsOf {
  /** As the group knows us now. */
  member(): MemberOf;
  /** Of each task that has committed something: its inputs' positions as tools count them. */
  reached(): ReadonlyMap<number, Positions>;
}

export class GroupOffsets {
  readonly #cluster: Cluster;
  readonly #catalogue: ClusterTopics;
  readonly #of: OffsetsOf;
  /** Of its own: whoever joins waits long, and must not be waited for. */
  readonly #pool: ConnectionPool;
  readonly #stop = new AbortController();
  #sent: ReadonlyMap<number, Positions> = new Map();
  #noted = "";
  #loop: Promise<void> = Promise.resolve();

  constructor({ cluster, catalogue }: OffsetsWorld, of: OffsetsOf) {
    this.#cluster = cluster;
    this.#catalogue = catalogue;
    this.#of = of;
    this.#pool = cluster.pool();
  }

  start(): void {
    this.#loop = this.#live();
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#cluster.settings.offsetsEveryMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.send();
    }
  }

  /** What has not been told yet; never throws. */
  async send(): Promise<void> {
    const reached = this.#of.reached();
    const fresh = [...reached].filter(
      ([partition, positions]) => !isDeepStrictEqual(positions, this.#sent.get(partition)),
    );
    if (fresh.length === 0 || this.#pool.closed) return;
    const offsets = fresh.flatMap(([partition, positions]) =>
      Object.entries(positions).map(([name, offset]): PartitionOffset => ({
        topic: this.#catalogue.physical(name),
        partition,
        offset,
      })),
    );
    try {
      const member = this.#of.member();
      const coordinator = await this.#cluster.coordinator("group", member.group);
      await this.#pool.send(coordinator, commitOffsets(member, offsets));
      this.#sent = reached;
      this.#noted = "";
    } catch (error) {
      this.#note(error);
    }
  }

  /** While the group is shared out, or its coordinator moves, the next time will do. */
  #note(error: unknown): void {
    const errorClass = error instanceof KafkaError ? error.errorClass : null;
    if (isRetriable(error)) this.#cluster.invalidate();
    if (isRetriable(error) || errorClass === "rejoin" || errorClass === "lost" || this.#pool.closed) return;
    const message = `${this.#of.member().group}: its offsets, which are for tools only: ${String(error)}`;
    if (message !== this.#noted) this.#cluster.settings.onTrouble(message);
    this.#noted = message;
  }

  /** The last is told first. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    this.#cluster.closePool(this.#pool);
  }
}
