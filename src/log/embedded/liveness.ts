// Liveness
// Which process this is, and whether another one still lives. A process id alone would not do, for ids are given again:
// it counts together with the time at which the process started and the boot in which it did.

import { threadId } from "node:worker_threads";
import { bootId, processStart } from "../machine.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** As the operating system says it; empty where it does not. */
  readonly started: string;
  readonly boot: string;
  readonly thread: number;
}

export interface Liveness {
  readonly self: ProcessIdentity;
  isAlive(identity: ProcessIdentity): boolean;
}

export function processLiveness(): Liveness {
  const boot = bootId() ?? "";
  const self = { pid: process.pid, started: processStart(process.pid) ?? "", boot, thread: threadId };
  return {
    self,
    isAlive(identity) {
      if (identity.boot !== boot) return false;
      return processStart(identity.pid) === identity.started;
    },
  };
}
