// Core
// What the parts of an open embedded log share.

import type { KeylessCounter } from "../partitioner.ts";
import type { FolderTopics } from "./catalogue.ts";
import type { SqliteEnvironment } from "./sqlite/environment.ts";
import type { Liveness } from "./liveness.ts";
import type { Watcher } from "./watcher.ts";

export interface Core {
  readonly environment: SqliteEnvironment;
  readonly catalogue: FolderTopics;
  readonly watcher: Watcher;
  readonly now: () => number;
  readonly keyless: KeylessCounter;
  readonly liveness: Liveness;
  readonly newToken: () => string;
  checkOpen(): void;
}
