// Core
// What the parts of an open embedded log share.

import type { KeylessCounter } from "./append.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Environment } from "./sqlite/environment.ts";
import type { Liveness } from "./liveness.ts";
import type { Watcher } from "./watcher.ts";

export interface Core {
  readonly environment: Environment;
  readonly catalogue: Catalogue;
  readonly watcher: Watcher;
  readonly now: () => number;
  readonly keyless: KeylessCounter;
  readonly liveness: Liveness;
  readonly newToken: () => string;
  checkOpen(): void;
}
