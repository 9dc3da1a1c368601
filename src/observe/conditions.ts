// Conditions
// What somebody on call has to know of a running allocator, in sentences: `/readyz` says them. What blocks means that
// some work is not being done; what warns, that it is done and something is wrong. Pure.

import type { RestoreReport } from "../task/observer.ts";
import { RECENT_MS } from "./recent.ts";
import type { Surroundings } from "./surroundings.ts";

export interface Condition {
  readonly blocks: boolean;
  readonly text: string;
}

export interface TaskReadiness {
  readonly kind: string;
  readonly partition: number;
  readonly state: string;
  /** What its last step met; null when that went well. */
  readonly trouble: string | null;
}

export interface Observed extends Surroundings {
  /** Null while the allocator has not joined yet. */
  readonly tasks: readonly TaskReadiness[] | null;
  /** Of the tasks' stores that are being restored. */
  readonly restores: readonly RestoreReport[];
  /** What cycles told of in the last minutes (task/processor.ts, Counts). */
  readonly recent: ReadonlyMap<string, number>;
  /** Of campaigns that are paused because a shard told what cannot be true. */
  readonly alarms: readonly string[];
}

/** Less is a clock that is being set right, and over before anybody has looked. */
const STANDS_MS = 2_000;
/** A store refuses to write at 64 MiB: this is long before. */
const LEAST_FREE_BYTES = 1024 ** 3;
const LEAST_FREE_SHARE = 0.05;
const DEGRADED_SHARE = 0.05;
const MINUTES = RECENT_MS / 60_000;

export function conditionsOf(observed: Observed): readonly Condition[] {
  return [
    ...taskConditions(observed),
    ...observed.alarms.map((text) =>
      blocking(
        `ALARM: paused until somebody has looked: ${text}. See \`stipend pacing status\`, then \`pacing clear-alarm\``,
      ),
    ),
    ...observed.clocks.filter(({ behindMs }) => behindMs > STANDS_MS).map(clockStands),
    ...featureConditions(observed),
    ...countConditions(observed.recent),
    ...observed.disks.flatMap(diskCondition),
    ...(observed.maintenance === null
      ? []
      : [warning(`retention and compaction of the log fail, so that its file grows: ${observed.maintenance}`)]),
    ...(observed.badEnd === null ? [] : [warning(`the run before this one ended badly: ${observed.badEnd.reason}`)]),
  ];
}

export function isDiskNearlyFull({ freeBytes, sizeBytes }: Surroundings["disks"][number]): boolean {
  return freeBytes < Math.min(LEAST_FREE_BYTES, sizeBytes * LEAST_FREE_SHARE);
}

function taskConditions({ tasks, restores }: Observed): Condition[] {
  if (tasks === null) return [blocking("not joined yet")];
  return tasks
    .filter(({ state, trouble }) => state !== "running" || trouble !== null)
    .map(({ kind, partition, state, trouble }) => {
      const restore = restores.find((report) => report.kind === kind && report.partition === partition);
      const why = trouble ?? (restore === undefined ? null : restoreText(restore));
      // Between two tries it looks for a moment as if it ran.
      return blocking(
        `${kind} ${partition} is ${state === "running" ? "held" : state}${why === null ? "" : `: ${why}`}`,
      );
    });
}

function restoreText({ records, left, share }: RestoreReport): string {
  if (left === null || share === null) return `restoring, ${records} records so far`;
  return `restoring, ${Math.floor(share * 100)} %, ${left} records left at most`;
}

function clockStands({ kind, partition, behindMs }: Surroundings["clocks"][number]): Condition {
  const seconds = Math.ceil(behindMs / 1_000);
  return blocking(
    `${kind} ${partition}: time stands: its last cycle was ${seconds} s ahead of this machine's clock. Holds and pacing wait ` +
      "until the clock has caught up; set the clock right",
  );
}

function featureConditions({ features, recent }: Observed): Condition[] {
  const whole = recent.get("decisions/whole") ?? 0;
  const degraded = recent.get("decisions/degraded") ?? 0;
  const share = degraded / Math.max(1, whole + degraded);
  const why = features?.lastFailure ?? null;
  const because = why === null ? "" : ` (last failure: ${why})`;
  const text = `${Math.round(share * 100)} % of the decisions of the last ${MINUTES} minutes lacked features`;
  if (features?.breakerOpen === true)
    return [warning(`the feature service fails and is not asked for now${because}; ${text}`)];
  return features !== null && share > DEGRADED_SHARE ? [warning(`${text}${because}`)] : [];
}

function countConditions(recent: ReadonlyMap<string, number>): Condition[] {
  const letters = [...recent].filter(([key]) => key.startsWith("dead_letters/"));
  const total = letters.reduce((sum, [, count]) => sum + count, 0);
  const reasons = letters.map(([key, count]) => `${key.slice("dead_letters/".length)} ${count}`).join(", ");
  const refused = recent.get("commands/refused") ?? 0;
  const unweighed = recent.get("outcomes/unweighed") ?? 0;
  return [
    ...(unweighed === 0
      ? []
      : [
          warning(
            `${unweighed} outcomes of the last ${MINUTES} minutes had rewards that their campaign does not weigh, worth nothing: ` +
              "the log names them",
          ),
        ]),
    ...(total === 0
      ? []
      : [warning(`${total} dead letters in the last ${MINUTES} minutes (${reasons}): \`stipend dead-letters list\``)]),
    ...(refused === 0
      ? []
      : [warning(`${refused} commands refused in the last ${MINUTES} minutes: \`stipend pacing status\` says why`)]),
  ];
}

function diskCondition(disk: Surroundings["disks"][number]): Condition[] {
  if (!isDiskNearlyFull(disk)) return [];
  const free = Math.floor(disk.freeBytes / 1024 ** 2);
  return [warning(`the disk of ${disk.folder} is nearly full: ${free} MiB left`)];
}

function blocking(text: string): Condition {
  return { blocks: true, text };
}

function warning(text: string): Condition {
  return { blocks: false, text };
}
