// Surroundings
// What tasks lean on, as it is at a moment: the feature service, the disks, the clock, and how the run before ended.

import type { Registry } from "prom-client";
import type { FeatureHealth } from "../domain/session/feature-health.ts";
import { gauge } from "./metric-names.ts";

export interface DiskRoom {
  /** What is kept there: `state` (local stores) or `log` (the embedded log). */
  readonly of: string;
  readonly folder: string;
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

export interface TaskClock {
  readonly kind: string;
  readonly partition: number;
  /** How far the clock is behind the time of the task's last cycle; 0 when it is not. */
  readonly behindMs: number;
}

/** How the run before this one ended, when it did not end well. */
export interface BadEnd {
  readonly atMs: number;
  readonly reason: string;
}

export interface Surroundings {
  /** Null without a service. */
  readonly features: FeatureHealth | null;
  readonly disks: readonly DiskRoom[];
  readonly clocks: readonly TaskClock[];
  readonly badEnd: BadEnd | null;
  /** Why the log could not be compacted at the last try; null when it could. */
  readonly maintenance: string | null;
}

export function surroundingMetrics(registry: Registry): { show(surroundings: Surroundings): void } {
  const requests = gauge(registry, "stipend_feature_requests_total", ["outcome"]);
  const breaker = gauge(registry, "stipend_feature_breaker_open", []);
  const free = gauge(registry, "stipend_disk_free_bytes", ["of"]);
  const size = gauge(registry, "stipend_disk_size_bytes", ["of"]);
  const behind = gauge(registry, "stipend_clock_behind_seconds", ["kind", "partition"]);
  const upkeep = gauge(registry, "stipend_log_maintenance_failed", []);
  const failed = gauge(registry, "stipend_last_exit_failed", []);
  return {
    show({ features, disks, clocks, badEnd, maintenance }) {
      if (features !== null) {
        const { answered, failed: lost, unsent } = features;
        for (const [outcome, count] of Object.entries({ answered, failed: lost, unsent }))
          requests.set({ outcome }, count);
        breaker.set(features.breakerOpen ? 1 : 0);
      }
      for (const { of, freeBytes, sizeBytes } of disks) {
        free.set({ of }, freeBytes);
        size.set({ of }, sizeBytes);
      }
      behind.reset();
      for (const { kind, partition, behindMs } of clocks) behind.set({ kind, partition }, behindMs / 1_000);
      failed.set(badEnd === null ? 0 : 1);
      upkeep.set(maintenance === null ? 0 : 1);
    },
  };
}
