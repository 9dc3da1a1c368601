// Tasks and their commits (E2).

import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { Fenced } from "../../../src/log/event-log.ts";
import { KIND, out, text } from "../recording-member.ts";

import { readAll, restored, values } from "../reading.ts";
import type { Open } from "./open.ts";

const NOTHING = { maxRecords: 100, maxWaitMs: 0 };

export function tasksConform(on: Open): void {
  describe("a task", () => {
    it("is assigned each partition, and gives each back when it leaves", async () => {
      const { told, membership } = await on.start();
      expect(membership.partitions).toEqual([0, 1]);
      expect(told.log).toEqual(["+0", "+1"]);
      await membership.leave();
      expect(told.log.slice(2).toSorted()).toEqual(["-0", "-1"]);
      expect(membership.partitions).toEqual([]);
    });

    it("polls its inputs in their order, each in its own, and only its partition", async () => {
      await on.log.send([
        out("events", 0, "k", "e1"),
        out("hints", 0, "k", "h1"),
        out("events", 1, "k", "other"),
        out("events", 0, "k", "e2"),
        out("hints", 0, "k", "h2"),
      ]);
      const { task } = await on.start();
      await task.seek({});
      const batch = await task.poll(NOTHING);
      expect(batch.map((record) => text(record.value))).toEqual(["h1", "h2", "e1", "e2"]);
      expect(await task.poll(NOTHING)).toEqual([]);
    });

    it("polls at most maxRecords, and goes on where it was", async () => {
      await on.log.send(Array.from({ length: 10 }, (_, i) => out("events", 0, "k", `${i}`)));
      const { task } = await on.start();
      await task.seek({});
      const seen: string[] = [];
      for (let batch = await task.poll({ maxRecords: 3, maxWaitMs: 0 }); batch.length > 0;) {
        expect(batch.length).toBeLessThanOrEqual(3);
        seen.push(...batch.map((record) => text(record.value)));
        batch = await task.poll({ maxRecords: 3, maxWaitMs: 0 });
      }
      expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    });

    it("poll waits for a record of another process, and not longer than told", async () => {
      const other = await on.fixture.connect();
      const { task } = await on.start();
      await task.seek({});
      const before = performance.now();
      expect(await task.poll({ maxRecords: 10, maxWaitMs: 60 })).toEqual([]);
      expect(performance.now() - before).toBeGreaterThan(40);
      const waiting = task.poll({ maxRecords: 10, maxWaitMs: 20_000 });
      await other.send([out("events", 0, "k", "woken")]);
      expect((await waiting).map((record) => text(record.value))).toEqual(["woken"]);
    });

    it("seeks each input to its own position; one not named starts at its beginning", async () => {
      await on.log.send(["a", "b", "c"].map((value) => out("events", 0, "k", value)));
      await on.log.send(["x", "y"].map((value) => out("hints", 0, "k", value)));
      const events = await readAll(on.log, "events", 0);
      const { task } = await on.start();
      await task.seek({ events: must(events[2], "third").offset });
      expect((await task.poll(NOTHING)).map((record) => text(record.value))).toEqual(["x", "y", "c"]);
      await task.seek({ hints: 1 });
      expect((await task.poll(NOTHING)).map((record) => text(record.value))).toEqual(["y", "a", "b", "c"]);
    });

    it("names what is not an input of it", async () => {
      const { task } = await on.start();
      await expect(task.seek({ answers: 0 })).rejects.toThrow(/answers/);
      await expect(task.commit([], { answers: 0 })).rejects.toThrow(/answers/);
    });
  });

  it("is somebody's for as long as it is claimed, and the log says whose", async () => {
    expect(await on.log.owners(KIND)).toEqual([]);
    const { membership } = await on.start();
    expect(await on.log.owners(KIND)).toContainEqual({ partition: 0, owner: expect.stringMatching(/\S/) });
    await membership.leave();
    expect(await on.log.owners(KIND)).toEqual([]);
    expect(await on.log.state()).toMatchObject({ kind: expect.stringMatching(/^(brokers|file|memory)$/) });
  });

  describe("a commit", () => {
    it("puts all its records down on all topics, in order, and its positions", async () => {
      const { task } = await on.start();
      await task.commit(
        [
          out("answers", 0, "k", "1"),
          out("changes", 0, "a", "A"),
          out("answers", 0, "k", "2"),
          out("answers", 1, "k", "3"),
          out("changes", 0, "b", "B"),
        ],
        { events: 5 },
      );
      expect(await values(on.log, "answers", 0)).toEqual(["1", "2"]);
      expect(await values(on.log, "answers", 1)).toEqual(["3"]);
      expect(await values(on.log, "changes", 0)).toEqual(["A", "B"]);
      expect(await on.log.committed(KIND)).toEqual([{ partition: 0, positions: { events: 5 } }]);
    });

    it("is seen whole or not at all by a reader beside it", async () => {
      const { task } = await on.start();
      const other = await on.fixture.connect();
      let done = false;
      const seen: number[][] = [];
      const watching = (async () => {
        while (!done) {
          const late = (await values(other, "changes", 0)).length;
          const early = (await values(other, "answers", 0)).length;
          seen.push([late, early / 2]);
          await setImmediate();
        }
      })();
      for (let i = 0; i < 40; i += 1)
        await task.commit(
          [out("answers", 0, "k", `${i}`), out("changes", 0, `k${i}`, `${i}`), out("answers", 0, "l", `${i}`)],
          {},
        );
      done = true;
      await watching;
      expect(seen.filter(([, early]) => !Number.isInteger(early))).toEqual([]);
      if (on.adapter.marksApart !== true)
        for (const [late, early] of seen) expect(early).toBeGreaterThanOrEqual(must(late, "count"));
    });

    it("without records still records positions", async () => {
      const { task } = await on.start();
      await task.commit([], { events: 3, hints: 1 });
      await task.commit([], { events: 4 });
      expect(await on.log.committed(KIND)).toEqual([{ partition: 0, positions: { events: 4, hints: 1 } }]);
    });

    it("of nothing at all passes from its owner, also as a claim's first, and is refused from any other", async () => {
      const { told, task } = await on.start();
      await task.commit([], {});
      await task.commit([out("answers", 0, "k", "1")], {});
      await task.commit([], {});
      const next = await told.claim(0);
      await expect(task.commit([], {})).rejects.toThrow(Fenced);
      await next.commit([], {});
      expect(await values(on.log, "answers", 0)).toEqual(["1"]);
    });

    it("says where the changelog ends: restoring from there gives only what came later", async () => {
      const { task } = await on.start();
      const first = await task.commit([out("changes", 0, "a", "1"), out("changes", 0, "b", "2")], {});
      expect(await restored(task, first.changelogEnd)).toEqual([]);
      const second = await task.commit([out("changes", 0, "c", "3")], {});
      expect(await restored(task, first.changelogEnd)).toEqual(["3"]);
      expect(await restored(task)).toEqual(["1", "2", "3"]);
      const third = await task.commit([out("answers", 0, "c", "3")], {});
      expect(third.changelogEnd).toBe(second.changelogEnd);
    });

    it("may write what the task itself reads", async () => {
      const { task } = await on.start();
      await task.seek({});
      await task.commit([out("events", 0, "k", "again")], {});
      expect((await task.poll(NOTHING)).map((record) => text(record.value))).toEqual(["again"]);
    });
  });
}
