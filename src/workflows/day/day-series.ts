// Day series: from the day's record to what the report draws: binned, by hour of the day, by release.

import { REASONS, type Reason } from "../../domain/decision/decision.ts";
import { REASON_WORDS } from "../../domain/glossary.ts";
import { expectedAt } from "../../domain/release/frontier.ts";
import { must } from "../../domain/assert.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import type { PlanPicture } from "../../report/campaign/plan-shares.ts";
import type { DayReport, FrontierPicture } from "../../report/day/day-figures.ts";
import { clock } from "../../domain/figures.ts";
import type { DayRecord } from "../../simulate/day/day-record.ts";
import { PlanTally } from "../look-back/plan-tally.ts";

const HOUR_MS = 3_600_000;
const POINTS = 288;
const BIN_HOURS = 0.25;
const LATENCY_BINS_A_DECADE = 12;

export function moneySeries(record: DayRecord): DayReport["money"] {
  const { points } = record.money;
  const every = Math.max(1, Math.floor(points.length / POINTS));
  const startMs = record.campaign.startMs;
  let status = -1;
  return points
    .filter((point, index) => index % every === 0 || index === points.length - 1)
    .map(({ atMs, posted, pending }) => {
      while ((record.statuses[status + 1]?.atMs ?? Infinity) <= atMs) status += 1;
      const known = record.statuses[status];
      const curve = known !== undefined && atMs <= record.campaign.endMs ? Number(known.targetMinor) : null;
      return { hour: (atMs - startMs) / HOUR_MS, posted, pending, curve };
    });
}

export function reasonsByHour(record: DayRecord): DayReport["reasonsByHour"] {
  const counts = new Map<string, { hour: number; reason: string; sessions: number }>();
  for (let session = 0; session < record.traffic.sessions; session += 1) {
    const reason = record.reasonOf(session);
    if (reason === null) continue;
    const bin = Math.floor(must(record.traffic.atMs[session], "time") / (BIN_HOURS * HOUR_MS));
    const key = `${bin}/${reason}`;
    const row = counts.get(key) ?? { hour: (bin + 0.5) * BIN_HOURS, reason, sessions: 0 };
    row.sessions += 1;
    counts.set(key, row);
  }
  return [...counts.values()].sort((a, b) => a.hour - b.hour);
}

export function reasonRows(counts: Readonly<Record<Reason, number>>): DayReport["reasons"] {
  return REASONS.filter((reason) => counts[reason] > 0)
    .map((reason) => ({ reason, sessions: counts[reason], words: REASON_WORDS[reason] }))
    .sort((a, b) => b.sessions - a.sessions);
}

/** Sessions in which the plan drew, by release: what it meant for them, and what they got. */
export function planPictures(record: DayRecord, manifests: ReadonlyMap<string, ReleaseManifest>): PlanPicture[] {
  return record.releases.flatMap((hash, release) => {
    const manifest = manifests.get(hash);
    return manifest === undefined ? [] : [planPicture(record, release, hash, manifest)];
  });
}

function planPicture(record: DayRecord, release: number, hash: string, manifest: ReleaseManifest): PlanPicture {
  const tally = new PlanTally(manifest);
  for (let session = 0; session < record.traffic.sessions; session += 1) {
    const reason = record.reasonOf(session);
    if (record.release[session] !== release || reason === null) continue;
    const [cluster, planRow] = [record.cluster[session] ?? -1, record.planRow[session] ?? -1];
    tally.take({ reason, cluster, planRow, arm: record.arm[session]! });
  }
  return tally.picture(hash);
}

export function frontierPictures(
  record: DayRecord,
  manifests: ReadonlyMap<string, ReleaseManifest>,
): FrontierPicture[] {
  return record.releases.flatMap((hash) => {
    const manifest = manifests.get(hash);
    if (manifest === undefined) return [];
    const { frontier, values } = manifest;
    const within = record.statuses.filter(
      (status) => status.release === hash && status.state === "live" && status.atMs <= record.campaign.endMs,
    );
    const first = within[Math.min(within.length - 1, Math.floor(within.length * 0.1))];
    const last = within[Math.floor(within.length * 0.8)];
    const used = [first, last].flatMap((status) => {
      if (status === undefined) return [];
      const { cost, reward } = expectedAt(frontier, values, values.mix, status.planRow);
      return [{ cost, reward, when: clock((status.atMs - record.campaign.startMs) / HOUR_MS) }];
    });
    const rows = frontier.rows.map((row) => ({
      cost: row.expectedCost,
      reward: row.expectedReward,
      shadowPrice: row.shadowPrice,
    }));
    return [{ release: hash.slice(0, 8), rows, used }];
  });
}

export function positions(record: DayRecord, manifests: ReadonlyMap<string, ReleaseManifest>): DayReport["positions"] {
  const every = Math.max(1, Math.floor(record.statuses.length / POINTS));
  return record.statuses
    .filter((status, index) => index % every === 0 && status.atMs < record.campaign.endMs)
    .flatMap((status) => {
      const manifest = manifests.get(status.release ?? "");
      if (manifest === undefined) return [];
      return [
        {
          hour: (status.atMs - record.campaign.startMs) / HOUR_MS,
          costPerSession: expectedAt(manifest.frontier, manifest.values, manifest.values.mix, status.planRow).cost,
          shadowPrice: status.shadowPrice,
        },
      ];
    });
}

export function latencyBins(record: DayRecord): DayReport["latencyBins"] {
  const counts = new Map<number, number>();
  for (let session = 0; session < record.traffic.sessions; session += 1) {
    if (record.reasonOf(session) === null) continue;
    const bin = Math.floor(LATENCY_BINS_A_DECADE * Math.log10(Math.max(0.01, record.latencyMs[session]!)));
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bin, decisions]) => ({
      fromMs: 10 ** (bin / LATENCY_BINS_A_DECADE),
      toMs: 10 ** ((bin + 1) / LATENCY_BINS_A_DECADE),
      decisions,
    }));
}
