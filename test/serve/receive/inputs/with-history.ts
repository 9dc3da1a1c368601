// Inputs that are wrong by what came before them, and what holds each row of docs/INPUTS.md.

import { expect } from "vitest";
import { partitionOf } from "../../../../src/log/partitioner.ts";
import { RECENT_SESSIONS_MAX, RECENT_SESSIONS_MS } from "../../../../src/serve/state/user/recent-sessions.ts";
import { OUTCOMES_MAX } from "../../../../src/serve/state/user/record.ts";
import { HOUR_MS, START_MS, openHarness, type Harness } from "../../harness.ts";
import { EVENTS, good } from "./records.ts";

export const WITH_HISTORY: readonly [
  what: string,
  on: string,
  end: string,
  hold: (harness: Harness) => Promise<void>,
][] = [
  [
    "a partition that is not its key's",
    EVENTS.join(", "),
    "dead letter `wrong_partition`",
    async () => {
      const shards = await openHarness({ partitions: 4 });
      await shards.grant();
      await shards.run();
      await shards.session("before", "u1");
      await shards.run();
      // librdkafka's default, which the same client library with its partitioner set would not choose.
      const partition = partitionOf(Buffer.from("u1"), { partitioner: "crc32", partitions: 4 });
      const own = partitionOf(Buffer.from("u1"), { partitioner: "murmur2", partitions: 4 });
      expect([partition, own]).toEqual([2, 0]);
      for (const topic of EVENTS) await shards.raw({ ...good(topic), partition });
      // Before anything else: not one byte of it is looked at.
      await shards.raw({ ...good("sessions"), partition, value: Buffer.from("{}") });
      await shards.raw({ ...good("profiles"), partition, value: null });
      await shards.run();
      expect(await shards.decisions()).toHaveLength(1);
      expect(await shards.settlements()).toEqual([]);
      const letters = await shards.letters();
      expect(letters).toHaveLength(5);
      for (const letter of letters) {
        expect(letter).toMatchObject({ partition, reason: "wrong_partition", key: Buffer.from("u1") });
        expect(letter.detail).toContain("partition: 2, but murmur2 over 4 partitions puts the key in 0");
        for (const client of [/librdkafka .* partitioner=murmur2_random/, /Sarama/, /franz-go/, /kafka-python/, /Java/])
          expect(letter.detail).toMatch(client);
      }
      // And in its own partition it is taken.
      await shards.raw({ ...good("outcomes"), partition: own });
      await shards.run();
      expect((await shards.settlements()).map((row) => row.status)).toEqual(["posted"]);
      await shards.stop();
    },
  ],
  [
    "a session no newer than some of its user that are forgotten",
    "sessions",
    "dead letter `contract`",
    async (harness) => {
      for (let n = 0; n <= RECENT_SESSIONS_MAX; n += 1)
        await harness.session(`many-${n}`, "u9", { atMs: START_MS - 100 + n });
      await harness.run();
      const decided = (await harness.decisions()).length;
      // The first was forgotten for the last; the second is still known.
      await harness.session("many-0", "u9", { atMs: START_MS - 100 });
      await harness.session("many-1", "u9", { atMs: START_MS - 99 });
      await harness.run();
      expect((await harness.letters()).map(({ reason, detail }) => `${reason} ${detail.slice(0, 5)}`)).toEqual([
        "contract atMs:",
      ]);
      // By age it is the same.
      await harness.session("late-1", "u9", { atMs: START_MS + RECENT_SESSIONS_MS });
      await harness.run(RECENT_SESSIONS_MS);
      await harness.session("many-64", "u9", { atMs: START_MS - 36 });
      await harness.run();
      expect((await harness.letters()).map(({ reason }) => reason)).toEqual(["contract", "contract"]);
      expect((await harness.decisions()).length).toBe(decided + 1);
    },
  ],
  [
    "an outcome more than a decision takes",
    "outcomes",
    "dead letter `contract`",
    async (harness) => {
      await harness.outcome("paid", "u1", "before", { atMs: START_MS });
      for (let n = 2; n < OUTCOMES_MAX; n += 1)
        await harness.outcome(`many-${n}`, "u1", "before", {
          kind: "converted",
          atMs: START_MS,
          rewards: { converted: 1 },
        });
      await harness.run();
      expect(await harness.letters()).toEqual([]);
      await harness.outcome("too many", "u1", "before", { kind: "converted", rewards: { converted: 1 } });
      // What has counted is known however many came after it.
      await harness.outcome("paid", "u1", "before", { atMs: START_MS });
      await harness.run(HOUR_MS);
      expect((await harness.letters()).map(({ reason, detail }) => `${reason} ${detail.slice(0, 9)}`)).toEqual([
        "contract outcomeId",
      ]);
      expect((await harness.settlements()).map((row) => `${row.outcomeId} ${row.status}`)).toEqual(["paid posted"]);
      expect((await harness.training()).map((row) => row.rewards)).toEqual([{ converted: OUTCOMES_MAX - 1 }]);
    },
  ],
];
