// Who may commit (E3).

import { describe, expect, it } from "vitest";
import { Fenced } from "../../../src/log/event-log.ts";
import { KIND, out, RecordingMember } from "../recording-member.ts";

import { restored, values } from "../reading.ts";
import type { Open } from "./open.ts";

const NOTHING = { maxRecords: 100, maxWaitMs: 0 };

export function ownershipConforms(on: Open): void {
  describe("ownership", () => {
    it("a claim fences the claim before it, in all it does", async () => {
      const { told, task } = await on.start();
      await task.seek({});
      const next = await told.claim(0);
      await expect(task.commit([out("answers", 0, "k", "zombie")], { events: 9 })).rejects.toThrow(Fenced);
      await expect(task.poll(NOTHING)).rejects.toThrow(Fenced);
      await expect(task.seek({})).rejects.toThrow(Fenced);
      await expect(restored(task)).rejects.toThrow(Fenced);
      await next.commit([out("answers", 0, "k", "owner")], {});
      expect(await values(on.log, "answers", 0)).toEqual(["owner"]);
      expect(await on.log.committed(KIND)).toEqual([{ partition: 0, positions: {} }]);
    });

    it("of one partition does not touch another's", async () => {
      const { told, task } = await on.start();
      await told.claim(1);
      await task.commit([out("answers", 0, "k", "fine")], {});
      expect(await values(on.log, "answers", 0)).toEqual(["fine"]);
    });

    it("a zombie's commit is refused after a takeover, and its successor sees all it committed before", async () => {
      const { task } = await on.start();
      await task.commit([out("changes", 0, "k", "before")], { events: 1 });
      await on.fixture.loseSight(on.log);
      const other = await on.fixture.connect();
      const successor = await on.start(other);
      await expect(task.commit([out("changes", 0, "k", "zombie")], { events: 2 })).rejects.toThrow(Fenced);
      expect(await restored(successor.task)).toEqual(["before"]);
      await successor.task.commit([out("changes", 0, "k", "after")], { events: 2 });
      expect(await values(other, "changes", 0)).toEqual(["before", "after"]);
    });

    it("of a killed process goes to the next at once", async () => {
      const { task } = await on.start();
      await task.commit([out("changes", 0, "k", "committed")], { events: 1 });
      const other = await on.fixture.connect();
      await on.fixture.kill(on.log);
      const successor = await on.start(other);
      expect(await restored(successor.task)).toEqual(["committed"]);
      await successor.task.seek({ events: 1 });
      expect(await other.committed(KIND)).toEqual([{ partition: 0, positions: { events: 1 } }]);
    });

    it("given back by leaving or closing can be taken at once", async () => {
      const other = await on.fixture.connect();
      const first = await on.start();
      await first.membership.leave();
      await expect(first.task.commit([out("answers", 0, "k", "late")], {})).rejects.toThrow(Fenced);
      const second = await on.start(other);
      await second.task.commit([out("answers", 0, "k", "second")], {});
      await other.close();
      const third = await on.start();
      await third.task.commit([out("answers", 0, "k", "third")], {});
      expect(await values(on.log, "answers", 0)).toEqual(["second", "third"]);
    });

    it("a released task does nothing more, and can be claimed again", async () => {
      const { told, task } = await on.start();
      await task.release();
      await expect(task.commit([out("answers", 0, "k", "late")], {})).rejects.toThrow(Fenced);
      const next = await told.claim(0);
      await next.commit([out("answers", 0, "k", "next")], {});
      expect(await values(on.log, "answers", 0)).toEqual(["next"]);
    });

    it("of two kinds is apart", async () => {
      const { task } = await on.start();
      const told = new RecordingMember();
      await on.log.join({ ...KIND, kind: "other" }, told);
      const other = await told.claim(0);
      await task.commit([out("answers", 0, "k", "one")], {});
      await other.commit([out("answers", 0, "k", "two")], {});
      expect(await values(on.log, "answers", 0)).toEqual(["one", "two"]);
    });
  });
}
