// Look back
// Any range of a campaign's time, from its log, as a page: the charts of the day's report for that range, and the lift. What the
// log does not carry (what retention took, what would be too much to read, a holdout of nobody) is said and not drawn.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import { plannedShares } from "../../domain/campaign/campaign-curve.ts";
import { rewardUnit } from "../../domain/campaign/reward-unit.ts";
import { REASONS } from "../../domain/decision/decision.ts";
import { REASON_WORDS } from "../../domain/glossary.ts";
import { wallTime } from "../../domain/calendar.ts";
import { parseManifest, type ReleaseManifest } from "../../domain/release/release.ts";
import { timeText } from "../../domain/figures.ts";
import { codecFor, decodedOrNull } from "../../log/codec/codec.ts";
import { readTopic } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { renderLookBack, type LookBackReport, type OfferRow } from "../../report/campaign/look-back-report.ts";
import { clockAxis } from "../../report/page/time-axis.ts";
import type { Progress } from "../../terminal/progress.ts";
import { findCampaign } from "../control/campaigns.ts";
import { barsOf } from "./bars.ts";
import { readingBounds, MOST_READ, type Bounds } from "./bounds.ts";
import { readLift } from "./lift.ts";
import { rangeOf, type AskedRange, type Range } from "./range.ts";
import { RangeTally } from "./range-tally.ts";

export interface LookBackOptions {
  readonly log: EventLog;
  readonly campaign: string;
  readonly asked: AskedRange;
  readonly nowMs: number;
  readonly progress: Progress;
  /** Ends the reading; it then throws the signal's reason. */
  readonly signal: AbortSignal;
}

export type LookedBack =
  | { readonly kind: "empty"; readonly text: string }
  /** A page of its own. */
  | { readonly kind: "page"; readonly html: string };

const MOST_PLANS = 2;

/** Throws InvalidInput that names the field, for a range of which there can be nothing. */
export async function lookBackAt(options: LookBackOptions): Promise<LookedBack> {
  const { log, asked, nowMs, progress, signal } = options;
  const { campaign } = await findCampaign(log, options.campaign);
  const range = rangeOf(asked, campaign, nowMs);
  progress.report("finding the range", 0);
  const bounds = await readingBounds(log, campaign, range);
  const manifests = await manifestsOf(log, campaign.id);
  const within = { fromMs: Math.max(bounds.fromMs, campaign.startMs), toMs: range.toMs };
  const bars = barsOf(within.toMs - within.fromMs);
  const tally = new RangeTally(campaign, within, manifests, bars.length);
  await readPieces(options, bounds, tally);
  const rows = tally.bars();
  const inWords = `${timeText(within.fromMs, range.timeZone)} to ${timeText(range.toMs, range.timeZone)}`;
  if (rows.length === 0 && tally.money().every(({ spent, held }) => spent === 0 && held === 0))
    return { kind: "empty", text: `No session of ${campaign.id} was decided from ${inWords}, and no money moved.` };
  const lift = await readLift({ log, campaign, during: within, nowMs, progress, signal });
  signal.throwIfAborted();
  progress.report("drawing", 1);
  const reward = rewardUnit(campaign).unit;
  const axis = clockAxis(range.timeZone, within);
  const plans = [...tally.plans]
    .filter(([, plan]) => plan.sessions > 0)
    .toSorted(([, a], [, b]) => b.sessions - a.sessions);
  const report: LookBackReport = {
    campaign: campaign.id,
    range: inWords,
    currency: campaign.currency,
    reward,
    notices: noticesOf(campaign, range, bounds, plans.length),
    money: { axis, currency: campaign.currency, ...moneyOf(campaign, tally, bounds, range.timeZone) },
    accounts: [
      { name: "For the plan", ...tally.accounts.plan },
      { name: "To learn from", ...tally.accounts.exploration },
    ],
    reasons: REASONS.map((reason) => ({
      reason,
      words: REASON_WORDS[reason],
      sessions: rows.reduce((sum, row) => sum + (row.reason === reason ? row.sessions : 0), 0),
    }))
      .filter(({ sessions }) => sessions > 0)
      .toSorted((a, b) => b.sessions - a.sessions),
    reasonsOverTime: { axis, rows, bars },
    offers: offersOf(campaign, tally),
    plans: plans.slice(0, MOST_PLANS).map(([hash, plan]) => plan.picture(hash)),
    lift,
    footer: `From ${bounds.records.toLocaleString("en")} records of the log. Times in ${range.timeZone}.`,
  };
  return { kind: "page", html: await renderLookBack(report) };
}

async function readPieces(
  { log, progress, signal }: LookBackOptions,
  bounds: Bounds,
  tally: RangeTally,
): Promise<void> {
  let done = 0;
  const codecs = { decisions: codecFor("decisions"), settlements: codecFor("settlements") };
  const partitions = new Set(bounds.pieces.map(({ partition }) => partition));
  for (const partition of partitions) {
    tally.nextPartition();
    for (const topic of ["decisions", "settlements"] as const)
      for (const piece of bounds.pieces) {
        if (piece.partition !== partition || piece.topic !== topic || piece.from >= piece.to) continue;
        for await (const batch of log.read(topic, partition, piece.from, { signal })) {
          for (const { offset, value } of batch) {
            if (value === null || offset >= piece.to) continue;
            if (topic === "decisions") taken(decodedOrNull(codecs.decisions, value), (row) => tally.decision(row));
            else taken(decodedOrNull(codecs.settlements, value), (row) => tally.settlement(row));
          }
          done += batch.length;
          progress.report(
            "reading decisions and money",
            Math.min(1, done / Math.max(1, bounds.records)),
            told(done, bounds),
          );
          if ((batch.at(-1)?.offset ?? 0) >= piece.to - 1) break;
        }
        signal.throwIfAborted();
      }
  }
}

function taken<T>(row: T | null, take: (row: T) => void): void {
  if (row !== null) take(row);
}

function told(done: number, { records }: Bounds): string {
  return `${Math.min(done, records).toLocaleString("en")} of ${records.toLocaleString("en")} records`;
}

async function manifestsOf(log: EventLog, campaign: string): Promise<ReadonlyMap<string, ReleaseManifest>> {
  const found = new Map<string, ReleaseManifest>();
  for await (const { value } of readTopic(log, "releases"))
    if (value?.campaign === campaign) found.set(value.hash, parseManifest(value.manifest, value.hash));
  return found;
}

function moneyOf(campaign: Campaign, tally: RangeTally, { isWhole }: Bounds, timeZone: string) {
  const points = tally.money();
  const hasCurve = isWhole && (campaign.periods ?? null) === null;
  const budget = Number(campaign.budgetMinor);
  const within = points.map(({ atMs }) => Math.min(Math.max(atMs, campaign.startMs), campaign.endMs));
  const shares = hasCurve ? plannedShares(campaign, within) : [];
  const before = isWhole ? 0 : (points[0]?.spent ?? 0);
  return {
    budget: hasCurve ? budget : null,
    points: points.map(({ atMs, spent, held }, at) => ({
      at: wallTime(timeZone, atMs),
      posted: spent - before,
      pending: isWhole ? held : null,
      curve: shares[at] === undefined ? null : shares[at] * budget,
    })),
  };
}

function offersOf({ arms }: Campaign, { offers }: RangeTally): OfferRow[] {
  return arms.flatMap(({ id }, arm) => {
    const offer = offers[arm];
    if (offer === undefined || offer.given === 0) return [];
    return [{ offer: id, ...offer, open: offer.given - offer.redeemed - offer.ended }];
  });
}

function noticesOf(campaign: Campaign, range: Range, bounds: Bounds, plans: number): string[] {
  const { timeZone, fromMs, toMs } = range;
  return [
    ...(range.isCut ? [`The range reaches into the future: it was read until ${timeText(toMs, timeZone)}.`] : []),
    ...(fromMs < campaign.startMs ? [`The campaign began at ${timeText(campaign.startMs, timeZone)}.`] : []),
    ...(bounds.fromMs > fromMs
      ? [
          `The range holds more than ${MOST_READ.toLocaleString("en")} records: what was before ` +
            `${timeText(bounds.fromMs, timeZone)} is left out. A shorter range is read whole.`,
        ]
      : []),
    ...(bounds.isWhole
      ? []
      : [
          "What was spent and reserved since the campaign began is not known: it would be too much to read, or the log has lost it.",
        ]),
    ...(plans > MOST_PLANS
      ? [`${plans} releases were in force; offers by segment are shown of the two that decided most.`]
      : []),
  ];
}
