// Draft of a campaign: from a release and a budget to the file that `campaign create` reads, with what its plan expects of
// them. Pure.

import { InvalidInput, parseCampaign, periodFault, type Campaign } from "../../domain/campaign/campaign.ts";
import { instantOf, wallTime } from "../../domain/calendar.ts";
import { expectedAt, positionForBudget } from "../../domain/release/frontier.ts";
import { formatMean, formatMinor, type Minor } from "../../domain/money/money.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";

const DAY_MS = 86_400_000;
/** Of the plan's budget: what is spent on top, to go on learning. */
const EXPLORATION_SHARE = 0.04;

export interface DraftOptions {
  readonly id: string;
  readonly budgetMinor: Minor;
  /** In the whole period. */
  readonly sessions: number;
  readonly startMs: number;
  readonly days: number;
  readonly timeZone: string;
  /** Of arms whose prices the release does not know: its costs were measured. */
  readonly faces: ReadonlyMap<string, Minor>;
  /** As the release's log was rewarded. */
  readonly rewardWeights: Readonly<Record<string, number>>;
  readonly nowMs: number;
}

export interface Draft {
  readonly campaign: Campaign;
  /** What its plan expects of the budget on the mix of users of its log, in sentences; what should be looked at first. */
  readonly expectations: readonly string[];
}

export function draftCampaign(manifest: ReleaseManifest, currency: string, options: DraftOptions): Draft {
  const { id, budgetMinor, sessions, startMs, days, timeZone, rewardWeights, nowMs } = options;
  const campaign = parseCampaign(
    {
      id,
      currency,
      budgetMinor,
      explorationBudgetMinor: BigInt(Math.round(Number(budgetMinor) * EXPLORATION_SHARE)),
      ceilingMinor: budgetMinor + budgetMinor / 2n,
      startMs,
      // Days of the zone's calendar: clocks that are put on or back on the way do not move its end.
      endMs: instantOf(timeZone, wallTime(timeZone, startMs) + days * DAY_MS),
      timeZone,
      arms: armsOf(manifest, options.faces),
      holdoutShare: 0.05,
      explorationShare: 0.03,
      caps: [
        { max: 1, windowMs: DAY_MS },
        { max: 3, windowMs: 7 * DAY_MS },
      ],
      reservation: { policy: "strict", ttlMs: DAY_MS },
      pacing: { mode: "even", expectedSessions: sessions },
      rewardWeights,
    },
    "the draft",
  );
  const fault = periodFault(campaign, nowMs);
  if (fault !== null) throw new InvalidInput(`--start: ${fault}`);
  return { campaign, expectations: expectationsOf(manifest, campaign) };
}

function armsOf({ arms, money }: ReleaseManifest, faces: ReadonlyMap<string, Minor>): readonly object[] {
  for (const arm of faces.keys())
    if (!arms.includes(arm)) throw new InvalidInput(`--face: the release has no arm ${arm}; it has ${arms.join(", ")}`);
  const unknown = arms.filter(
    (arm, at) => at > 0 && !faces.has(arm) && (money?.prices?.[at]?.faceMinor ?? null) === null,
  );
  if (unknown.length > 0)
    throw new InvalidInput(
      `--face: the release does not know what is paid when ${unknown.join(", ")} is redeemed, since its log had measured ` +
        `costs: name it, as in ${unknown.map((arm) => `--face ${arm}=500`).join(" ")}`,
    );
  return arms.map((id, at) => {
    const price = money?.prices?.[at];
    return { id, faceMinor: faces.get(id) ?? BigInt(price?.faceMinor ?? 0), sendMinor: BigInt(price?.sendMinor ?? 0) };
  });
}

function expectationsOf({ frontier, values, summary }: ReleaseManifest, campaign: Campaign): string[] {
  const { currency, budgetMinor } = campaign;
  const sessions = campaign.pacing.expectedSessions;
  const perSession = Number(budgetMinor) / sessions;
  const { position, shadowPrice } = positionForBudget(frontier, values, values.mix, perSession);
  const at = expectedAt(frontier, values, values.mix, position);
  const without = expectedAt(frontier, values, values.mix, 0);
  const spend = at.cost * sessions;
  const reward = String(summary["reward"] ?? "reward");
  const more = (value: number): string => Math.round(value).toLocaleString("en");
  return [
    `${formatMinor(budgetMinor, currency)} for ${more(sessions)} sessions: the plan expects to spend ${formatMean(spend, currency)} ` +
      `for ${more((at.reward - without.reward) * sessions)} more ${reward} than with no budget`,
    `at this budget level ${formatMean(100_000, currency)} more would bring ${more(shadowPrice * 100_000)} more`,
    ...(spend < 0.95 * Number(budgetMinor)
      ? [`look again: the plan has no use for ${formatMean(Number(budgetMinor) - spend, currency)} of it`]
      : []),
    ...(position < 1
      ? ["look again: it is less than the release's smallest plan spends, and is mixed with giving nothing"]
      : []),
  ];
}
