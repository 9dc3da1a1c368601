// Serve processor: a session's way, live. `prepare` finds out (prepare.ts); `process` books and decides, in this order:
// grants, windows that are over, the batch's events in their order (outcomes before sessions), reports. `process` is pure:
// the same state, batch, facts and time give the same bytes.

import { codecFor } from "../log/codec/codec.ts";
import type { Placement } from "../log/partitioner.ts";
import type { Processor } from "../task/processor.ts";
import type { ReleaseCache } from "./classify/release-cache.ts";
import type { FeatureService } from "./enrich/feature-service.ts";
import { prepare, type ServeFacts } from "./receive/prepare.ts";
import { ServeCycle } from "./serve-cycle.ts";
import { dueOfState, stateCodec } from "./state/state.ts";
import { unshared, type RunExclusive } from "./mutex.ts";

export type { ServeFacts } from "./receive/prepare.ts";

export interface ServeOptions {
  readonly releaseCache: ReleaseCache;
  /** Of the topics keyed by user. */
  readonly placement: Placement;
  /** Null when there is none. */
  readonly features?: Pick<FeatureService, "lookUp"> | null;
  /** Most users whose windows are closed in one cycle, beside those that the batch is about. */
  readonly dueMax?: number;
  /** The mutex of the tasks of a process (mutex.ts); left out: each computes when it can. */
  readonly exclusively?: RunExclusive;
}

const DUE_MAX = 1_000;

export function createServeProcessor(options: ServeOptions): Processor<ServeFacts> {
  const state = stateCodec();
  const inputs = {
    grants: codecFor("grants"),
    erasures: codecFor("erasures"),
    profiles: codecFor("profiles"),
    outcomes: codecFor("outcomes"),
    sessions: codecFor("sessions"),
  };
  const outputs = {
    decisions: codecFor("decisions"),
    settlements: codecFor("settlements"),
    "training-log": codecFor("training-log"),
    "dead-letters": codecFor("dead-letters"),
    "shard-reports": codecFor("shard-reports"),
  };
  const dependencies = {
    codecs: inputs,
    placement: options.placement,
    state,
    decoded: new Map(),
    releaseCache: options.releaseCache,
    features: options.features ?? null,
    exclusively: options.exclusively ?? unshared,
  };
  return {
    prepare: async (view, batch, context) => await prepare(dependencies, view, batch, context),
    process(view, _batch, facts, context) {
      const cycle = new ServeCycle({ state, outputs }, view, facts, context);
      cycle.startCampaigns();
      cycle.closeWindows(view.due(context.nowMs, options.dueMax ?? DUE_MAX));
      for (const event of facts.events) cycle.take(event);
      return cycle.finish();
    },
    index: (key, value) => dueOfState(state, key, value),
  };
}
