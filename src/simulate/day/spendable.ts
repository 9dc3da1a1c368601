// Spendable: what one central strict book could have spent of the plan's budget on a day that was played.

import { must } from "../../domain/assert.ts";
import { sharesAt } from "../../domain/release/frontier.ts";
import { seededRandom } from "../../domain/random.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";
import { drawResponse } from "../market/responses.ts";
import type { DayRecord } from "./day-record.ts";
import { mostSpendable, type OracleSession } from "./oracle.ts";

/** At the best fixed position of the frontier, with the same sessions and the same responses to each arm; minor units. */
export function spendableOfDay(
  record: DayRecord,
  seed: number,
  manifests: ReadonlyMap<string, ReleaseManifest>,
): number {
  const { campaign, market, traffic } = record;
  const ttlMs = campaign.reservation.ttlMs;
  const draws = seededRandom(`oracle/${seed}`);
  const sessions: OracleSession[] = [];
  let last = 0;
  for (let session = 0; session < traffic.sessions; session += 1) {
    const manifest = manifests.get(record.releases[record.release[session]!] ?? "");
    if (!record.isPlanned(session) || manifest === undefined) continue;
    last = Math.max(last, manifest.frontier.rows.length - 1);
    const user = must(traffic.user[session], "user");
    const cluster = must(record.cluster[session], "cluster");
    const response = drawResponse(seed, session, ttlMs);
    const known: (ReturnType<OracleSession["redeems"]> | undefined)[] = [];
    sessions.push({
      atMs: must(record.decidedAtMs[session], "time"),
      draw: draws.unit(),
      shares: (position) => sharesAt(manifest.frontier, position, cluster),
      redeems: (arm) => {
        const found = known[arm];
        if (found !== undefined) return found;
        const { redeemedMinor } = market.outcome(user, arm, response.luck);
        const face = Number(must(campaign.arms[arm], "arm").faceMinor);
        const amountMinor = redeemedMinor === "whole" ? face : redeemedMinor;
        return (known[arm] = amountMinor === null ? null : { amountMinor, delayMs: response.delayMs });
      },
    });
  }
  return mostSpendable({
    budgetMinor: Number(campaign.budgetMinor),
    ttlMs,
    faceMinor: campaign.arms.map((arm) => Number(arm.faceMinor)),
    sendMinor: campaign.arms.map((arm) => Number(arm.sendMinor)),
    last,
    sessions,
  }).spentMinor;
}
