// What each part of the conformance suite is given: a log with the topics on it, new for each test.

import { afterEach, beforeEach } from "vitest";
import type { EventLog, Membership, TaskLog } from "../../../src/log/event-log.ts";
import { SPECS, type Adapter, type LogFixture } from "../fixture.ts";
import { KIND, RecordingMember } from "../recording-member.ts";

export interface Open {
  readonly adapter: Adapter;
  readonly fixture: LogFixture;
  readonly log: EventLog;
  /** Joins, and claims partition 0. */
  start(on?: EventLog): Promise<{ told: RecordingMember; membership: Membership; task: TaskLog }>;
}

export function openForEach(adapter: Adapter): Open {
  let fixture: LogFixture;
  let log: EventLog;
  beforeEach(async () => {
    fixture = await adapter.open();
    log = await fixture.connect();
    await log.ensureTopics(SPECS);
  });
  afterEach(() => fixture.close());
  return {
    adapter,
    get fixture() {
      return fixture;
    },
    get log() {
      return log;
    },
    async start(on = log) {
      const told = new RecordingMember();
      const membership = await on.join(KIND, told);
      return { told, membership, task: await told.claim(0) };
    },
  };
}
