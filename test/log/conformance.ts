// Conformance
// The EventLog's contract (E1–E5 of src/log/event-log.ts), for every adapter.

import { expect, it } from "vitest";
import { AlreadyRunning } from "../../src/log/event-log.ts";
import { openForEach } from "./conformance/open.ts";
import { ownershipConforms } from "./conformance/ownership.ts";
import { recordsConform } from "./conformance/records.ts";
import { tasksConform } from "./conformance/tasks.ts";
import { SPECS, type Adapter } from "./fixture.ts";
import { values } from "./reading.ts";
import { KIND, out, RecordingMember } from "./recording-member.ts";

export function conformance(adapter: Adapter): void {
  const on = openForEach(adapter);
  recordsConform(on);
  tasksConform(on);
  ownershipConforms(on);
}

/** For logs on which one process runs a kind. */
export function singleRunner(adapter: Adapter): void {
  it("refuses a second process that joins a running kind, and says who runs it", async () => {
    const fixture = await adapter.open();
    try {
      const log = await fixture.connect();
      await log.ensureTopics(SPECS);
      await log.join(KIND, new RecordingMember());
      const other = await fixture.connect();
      await expect(other.join(KIND, new RecordingMember())).rejects.toThrow(AlreadyRunning);
      await expect(other.join(KIND, new RecordingMember())).rejects.toThrow(/stop it/);
      await other.send([out("events", 0, "k", "still sends")]);
      expect(await values(other, "events", 0)).toEqual(["still sends"]);
    } finally {
      await fixture.close();
    }
  });
}
