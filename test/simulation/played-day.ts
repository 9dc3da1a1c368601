// Played day: all that an audit is given of a day.

import type { EventLog } from "../../src/log/event-log.ts";
import type { Transaction } from "./history.ts";
import type { Setting } from "./setting.ts";
import type { FaultCounts } from "./tally.ts";

export interface PlayedDay {
  readonly setting: Setting;
  readonly transactions: readonly Transaction[];
  /** After which transactions the compacted topics were compacted. */
  readonly compactions: readonly number[];
  readonly faults: FaultCounts;
  /** Errors that ended a process and were not meant to. */
  readonly failures: readonly string[];
  readonly rounds: number;
  /** False when the evening did not come to rest. */
  readonly atRest: boolean;
  /** Of an onlooker. */
  readonly log: EventLog;
}
