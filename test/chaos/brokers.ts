// Brokers
// What a chaos run does to its brokers: kills one, freezes one, restarts all in turn, moves leaders, takes away so many that
// too few replicas are left. One thing at a time, and the next only when every replica is in sync again.

import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { must } from "../../src/domain/assert.ts";
import { isAlive } from "../is-alive.ts";
import type { RunningBroker } from "../../fixtures/broker.ts";
import type { BrokerHarm, PlannedBroker } from "./schedule.ts";

const AGAIN_MS = 200;
const IN_SYNC_PATIENCE_MS = 90_000;
const ENDED_PATIENCE_MS = 30_000;

export class Brokers {
  readonly running: RunningBroker;
  readonly #prefix: string;
  readonly #admin: Admin;

  constructor(running: RunningBroker, prefix: string) {
    this.running = running;
    this.#prefix = prefix;
    const brokers = running.brokers.split(",");
    this.#admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, requestTimeout: 5_000 }).admin();
  }

  async harm({ harm, node, forMs }: PlannedBroker): Promise<void> {
    await this.#do(harm, node, forMs);
    await this.#inSync();
  }

  async #do(harm: BrokerHarm, node: number, forMs: number): Promise<void> {
    switch (harm) {
      case "broker-killed":
        return await this.#without([node], forMs);
      case "below-min-insync":
        return await this.#without([node, this.#after(node)], forMs);
      case "broker-frozen":
        this.#signal(node, "SIGSTOP");
        await sleep(forMs);
        return this.#signal(node, "SIGCONT");
      case "rolling-restart":
        for (const { id } of this.running.nodes) {
          await this.#end(id, "SIGTERM");
          await this.running.startNode(id);
          await this.#inSync();
        }
        return;
      case "leader-moved":
        return await this.#moveLeaders(node);
    }
  }

  #after(node: number): number {
    return (node % this.running.nodes.length) + 1;
  }

  #signal(node: number, signal: NodeJS.Signals): void {
    process.kill(must(this.running.nodes[node - 1], `node ${node}`).pid, signal);
  }

  async #without(nodes: readonly number[], forMs: number): Promise<void> {
    await Promise.all(nodes.map((node) => this.#end(node, "SIGKILL")));
    await sleep(forMs);
    await Promise.all(nodes.map((node) => this.running.startNode(node)));
  }

  async #end(node: number, signal: NodeJS.Signals): Promise<void> {
    this.#signal(node, signal);
    const { pid } = must(this.running.nodes[node - 1], `node ${node}`);
    const deadline = performance.now() + ENDED_PATIENCE_MS;
    while (isAlive(pid)) {
      if (performance.now() > deadline) process.kill(pid, "SIGKILL");
      await sleep(AGAIN_MS);
    }
  }

  /** All partitions of ours that the node leads get a replica set without it, and then their old one again. */
  async #moveLeaders(node: number): Promise<void> {
    const led = (await this.#partitions()).filter(({ leader }) => leader === node);
    const others = this.running.nodes.map(({ id }) => id).filter((id) => id !== node);
    await this.#assign(led, others);
    await this.#until(async () => (await this.#partitions()).every(({ leader }) => leader !== node && leader > 0));
    await this.#assign(led, [...others, node]);
  }

  async #assign(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    replicas: number[],
  ): Promise<void> {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      partitionAssignment: of.map(({ partition }) => ({ partition, replicas })),
    }));
    if (topics.length > 0)
      await this.#until(async () => (await this.#admin.alterPartitionReassignments({ topics }), true));
  }

  async #partitions(): Promise<{ topic: string; partition: number; leader: number; isr: number; replicas: number }[]> {
    await this.#admin.connect();
    const names = (await this.#admin.listTopics()).filter((name) => name.startsWith(this.#prefix));
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: names });
    return topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionId, leader, isr, replicas }) => {
        return { topic: name, partition: partitionId, leader, isr: isr.length, replicas: replicas.length };
      }),
    );
  }

  async #inSync(): Promise<void> {
    const all = this.running.nodes.length;
    await this.#until(async () =>
      (await this.#partitions()).every(({ leader, isr, replicas }) => leader > 0 && replicas === all && isr === all),
    );
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + IN_SYNC_PATIENCE_MS;
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > deadline) throw new Error("chaos: the brokers are not in sync again");
      await sleep(AGAIN_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined);
    await this.running.stop();
  }
}
