// The other side of the memory benchmark: producers and consumers around a serving process, by the clock, without an end.
// Users come back again and again; of the decisions that are read, some incentives are redeemed, some convert, and
// most are never heard of again, so that the allocator's timers end them.

import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { OutRecord } from "../../src/log/event-log.ts";
import type { KafkaLog } from "../../src/log/kafka/log.ts";
import { sessionRecord } from "../kafka/world.ts";
import { benchOutcome, benchProfile, benchSession } from "../serve/serve-world.ts";

const TICK_MS = 20;
const LOT = 1_000;

export class SteadyLoad {
  readonly #log: KafkaLog;
  readonly #users: number;
  readonly #random = seededRandom("steady load");
  readonly #stop = new AbortController();
  readonly #decisions = codecFor("decisions");
  #answers: OutRecord[] = [];
  #ending: Promise<unknown> = Promise.resolve();
  sent = 0;
  decided = 0;
  answered = 0;

  constructor(log: KafkaLog, users: number) {
    this.#log = log;
    this.#users = users;
  }

  async sendProfiles(): Promise<void> {
    const codec = codecFor("profiles");
    for (let from = 0; from < this.#users; from += LOT) {
      const count = Math.min(LOT, this.#users - from);
      const profiles = Array.from({ length: count }, (_, i) => benchProfile(this.#random, from + i, Date.now()));
      await this.#log.send(
        profiles.map((profile) => ({
          topic: "profiles",
          key: Buffer.from(profile.userId),
          value: codec.encode(profile),
        })),
      );
    }
  }

  start(perSecond: number, partitions: number): void {
    const following = Array.from({ length: partitions }, (_, partition) => this.#follow(partition));
    this.#ending = Promise.all([...following, this.#send(perSecond)]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ending;
  }

  async #send(perSecond: number): Promise<void> {
    const startedMs = performance.now();
    while (!this.#stop.signal.aborted) {
      const due = Math.floor(((performance.now() - startedMs) * perSecond) / 1_000);
      const records = this.#answers;
      this.#answers = [];
      this.answered += records.length;
      for (const most = this.sent + LOT; this.sent < Math.min(due, most); this.sent += 1) {
        const user = this.#random.below(this.#users);
        records.push(sessionRecord(benchSession(this.#random, this.sent, user, Date.now())));
      }
      if (records.length > 0) await this.#log.send(records);
      await sleep(TICK_MS);
    }
  }

  async #follow(partition: number): Promise<void> {
    for await (const batch of this.#log.read("decisions", partition, 0, { follow: true, signal: this.#stop.signal }))
      for (const { value } of batch) {
        this.decided += 1;
        const decision = this.#decisions.decode(must(value, "a decision"));
        const outcome = benchOutcome(this.#random, decision, Date.now(), { converted: 1, basket: 20 });
        if (outcome !== null) this.#answers.push(outcome);
      }
  }
}
