// Membership
// A member of a kind's group: it joins, keeps its place with heartbeats, and tells the runner what it got and what it must
// give back. The protocol is that of Kafka's consumers and tools; the rounds are incremental (assigner.ts).
//
// Invariants:
//   G1. `assigned` and `revoked` are called one at a time, and in the order of the rounds.
//   G2. A partition is given back to the group only after its `revoked` has resolved (law C8); meanwhile the heartbeats
//       go on, and so do all other tasks.
//   G3. When the group has forgotten us, everything we had is over at once: its task logs are fenced, then revoked.
//   G4. A task that was fenced although the group still counts us as its owner is revoked and assigned again: whoever
//       fenced it (an old transaction's time-out, a zombie's claim) has no right to stay.

import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../../../domain/error-message.ts";
import {
  Fenced,
  LogUnavailable,
  type Member,
  type Membership,
  type Positions,
  type TaskKind,
  type TaskLog,
} from "../../event-log.ts";
import type { Cluster } from "../client/cluster.ts";
import { isRetriable, KafkaError, portError } from "../client/errors.ts";
import { GroupOffsets } from "./group-offsets.ts";
import { GroupSession } from "./group-session.ts";
import { claimKafkaTask, type KafkaTaskLog, type TaskContext } from "../transactions/task-log.ts";

const HEARTBEATS_A_SESSION = 5;
const AGAIN_MS = 200;

export class GroupMembership implements Membership {
  readonly #context: TaskContext;
  readonly #kind: TaskKind;
  readonly #group: string;
  readonly #member: Member;
  readonly #cluster: Cluster;
  readonly #session: GroupSession;
  /** What the runner was told it has. */
  readonly #owned = new Set<number>();
  readonly #logs = new Map<number, KafkaTaskLog>();
  /** Fenced though still ours (G4). */
  readonly #suspects = new Set<number>();
  #leaving = false;
  #failure: Error | null = null;
  #told = "";
  #loop: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;
  readonly #offsets: GroupOffsets;
  #left: Promise<void> | null = null;

  constructor(context: TaskContext, kind: TaskKind, group: string, member: Member, partitionCount: number) {
    this.#context = context;
    this.#kind = kind;
    this.#group = group;
    this.#member = member;
    this.#cluster = context.cluster;
    const topics = kind.inputs.map((name) => context.catalogue.physical(name));
    this.#session = new GroupSession(context.cluster, { group, topics, partitions: partitionCount });
    this.#offsets = new GroupOffsets(context, { member: () => this.#session.member, reached: () => this.#reached() });
  }

  #reached(): ReadonlyMap<number, Positions> {
    return new Map(
      [...this.#logs].flatMap(([partition, { reached }]) => (reached === null ? [] : [[partition, reached]])),
    );
  }

  get partitions(): readonly number[] {
    return [...this.#owned].toSorted((a, b) => a - b);
  }

  get logs(): Iterable<KafkaTaskLog> {
    return this.#logs.values();
  }

  /** Resolves when the first round has said what is ours. */
  async join(): Promise<void> {
    try {
      await this.#round();
    } catch (error) {
      this.#leaving = true;
      await this.#goodbye();
      throw portError(error);
    }
    this.#loop = this.#live();
    this.#offsets.start();
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    this.#leaving = true;
    this.#wake?.();
    await this.#loop;
    await this.#revoke(this.partitions);
    await this.#goodbye();
  }

  async #goodbye(): Promise<void> {
    await this.#offsets.end();
    try {
      await this.#session.leave();
    } catch (error) {
      this.#trouble("leaving", error);
    }
  }

  async #live(): Promise<void> {
    const everyMs = this.#cluster.settings.sessionTimeoutMs / HEARTBEATS_A_SESSION;
    while (!this.#leaving && !this.#cluster.closed) {
      await this.#pause(everyMs);
      if (this.#leaving || this.#cluster.closed) return;
      try {
        await this.#heartbeat();
        await this.#reassignSuspects();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async #heartbeat(): Promise<void> {
    await this.#session.heartbeat();
    this.#told = "";
  }

  /** Whatever a heartbeat or a round met. */
  async #recover(error: unknown): Promise<void> {
    const errorClass = error instanceof KafkaError ? error.errorClass : null;
    if (errorClass === "rejoin") return await this.#rejoin();
    if (errorClass === "lost") {
      await this.#loseAll(error);
      return await this.#rejoin();
    }
    this.#trouble("the group's coordinator", error);
    if (!isRetriable(error) && !(error instanceof LogUnavailable)) return this.#fail(portError(error));
    this.#cluster.invalidate();
    await this.#pause(AGAIN_MS);
  }

  async #rejoin(): Promise<void> {
    try {
      await this.#round();
    } catch (error) {
      if (!this.#leaving && !this.#cluster.closed) await this.#recover(error);
    }
  }

  /** Rounds until one takes nothing from us. */
  async #round(): Promise<void> {
    for (;;) {
      const assignment = await this.#agree();
      if (this.#leaving) return;
      const taken = this.partitions.filter((partition) => !assignment.includes(partition));
      const given = assignment.filter((partition) => !this.#owned.has(partition)).toSorted((a, b) => a - b);
      for (const partition of given) this.#assign(partition);
      if (taken.length === 0) return;
      await this.#revokeWithHeartbeats(taken);
    }
  }

  /** What a round gives us; one that is overtaken by the next, or that forgets us, is begun again. */
  async #agree(): Promise<number[]> {
    return await this.#cluster.retry(`join ${this.#group}`, async () => {
      for (;;) {
        try {
          return await this.#session.join(this.partitions);
        } catch (error) {
          const errorClass = error instanceof KafkaError ? error.errorClass : null;
          if (this.#leaving || (errorClass !== "rejoin" && errorClass !== "lost")) throw error;
          if (errorClass === "lost") await this.#loseAll(error);
        }
      }
    });
  }

  #assign(partition: number): void {
    this.#owned.add(partition);
    this.#suspects.delete(partition);
    this.#member.assigned(partition, () => this.#claim(partition));
  }

  async #claim(partition: number): Promise<TaskLog> {
    this.#checkOwner(partition);
    const of = { kind: this.#kind, group: this.#group, partition, fenced: () => this.#suspect(partition) };
    const log = await claimKafkaTask(this.#context, of);
    this.#endLog(partition, "has been claimed again");
    if (!this.#owned.has(partition)) log.end(this.#givenBack(partition));
    else this.#logs.set(partition, log);
    this.#checkOwner(partition);
    return log;
  }

  #checkOwner(partition: number): void {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#owned.has(partition)) throw this.#givenBack(partition);
  }

  #givenBack(partition: number): Fenced {
    return new Fenced(`${this.#group}-${partition} was given back`);
  }

  #endLog(partition: number, why: string): void {
    this.#logs.get(partition)?.end(new Fenced(`${this.#group}-${partition} ${why}`));
    this.#logs.delete(partition);
  }

  /** The broker refused its task: is it ours at all? The next heartbeat tells, and comes at once. */
  #suspect(partition: number): void {
    if (!this.#owned.has(partition)) return;
    this.#suspects.add(partition);
    this.#wake?.();
  }

  async #reassignSuspects(): Promise<void> {
    for (const partition of this.#suspects) {
      if (this.#leaving || !this.#owned.has(partition)) continue;
      this.#trouble(`${this.#group}-${partition}`, new Error("fenced, and still ours: assigned again"));
      await this.#revoke([partition]);
      this.#assign(partition);
    }
    this.#suspects.clear();
  }

  /** One after the other; when it resolves, none of them does anything more. */
  async #revoke(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) {
      await this.#member.revoked(partition);
      this.#owned.delete(partition);
      this.#suspects.delete(partition);
    }
    if (this.#leaving && this.#failure === null) await this.#offsets.send();
    for (const partition of partitions) this.#endLog(partition, "was given back");
  }

  async #revokeWithHeartbeats(partitions: readonly number[]): Promise<void> {
    let done = false;
    const revoking = this.#revoke(partitions).finally(() => {
      done = true;
      this.#wake?.();
    });
    while (!done) {
      await this.#pause(this.#cluster.settings.sessionTimeoutMs / HEARTBEATS_A_SESSION);
      // What it answers is heard again by the round that follows.
      if (!done) await this.#heartbeat().catch(() => undefined);
    }
    await revoking;
  }

  async #loseAll(error: unknown): Promise<void> {
    this.#trouble("forgotten by the group", error);
    for (const partition of this.#owned) this.#endLog(partition, "is another's: the group has gone on without us");
    await this.#revoke(this.partitions);
    this.#session.forgotten();
  }

  /** Nothing will come right by itself: every task says so at its next call, whoever has none is told, and the group as well. */
  #fail(error: Error): void {
    this.#failure = error;
    this.#leaving = true;
    for (const log of this.#logs.values()) log.end(error);
    this.#member.failed?.(error);
    void this.leave();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#leaving || this.#suspects.size > 0) return;
    const woken = Promise.withResolvers<void>();
    const stop = new AbortController();
    this.#wake = woken.resolve;
    await Promise.race([woken.promise, sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined)]);
    this.#wake = null;
    stop.abort();
  }

  /** Told once, and not at each try. */
  #trouble(what: string, error: unknown): void {
    const message = `${this.#group}: ${what}: ${errorMessage(error)}`;
    if (message === this.#told) return;
    this.#told = message;
    this.#cluster.settings.onTrouble(message);
  }
}
