// Status text: a campaign's status for people: the money of each account, the plan in force, what the end of the period is
// expected to bring, and which shards have not applied the current revision.

import { zonedText } from "../../../domain/calendar.ts";
import type { BudgetStatus, Outlook, PeriodStatus } from "../../../domain/campaign/control.ts";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { formatMinor, type Minor } from "../../../domain/money/money.ts";
import { percent } from "../../../domain/figures.ts";
import { toJson } from "../../../log/codec/json.ts";
import { statusView, type AccountView } from "../../../observe/campaign-view.ts";
import { warningsOf, type Surrounding, type Warning } from "../../../observe/warnings.ts";
import { tableText } from "../../../terminal/table.ts";

const TOLD: ReadonlySet<Warning["kind"]> = new Set(["alarm", "cut_below_out", "no_release"]);

/** Of the commands that were answered last. */
const COMMANDS_SHOWN = 5;

/** As JSON has it: with what somebody should look at. */
export function statusJson(status: BudgetStatus, surrounding: Surrounding): object {
  return { ...(toJson(statusView(status)) as object), warnings: warningsOf(status, surrounding) };
}

export function statusText(status: BudgetStatus, surrounding: Surrounding | null = null): string {
  const view = statusView(status);
  const { timeZone = "UTC" } = surrounding?.campaign ?? {};
  const time = (ms: number): string => zonedText(timeZone, ms);
  // An alarm and a cut have sentences of their own.
  const warnings = surrounding === null ? [] : warningsOf(status, surrounding).filter(({ kind }) => !TOLD.has(kind));
  const money = (amount: Minor): string => formatMinor(amount, status.currency);
  const row = (name: string, account: AccountView, target: string) => [
    name,
    ...[account.budgetMinor].map(money),
    target,
    ...[account.grantedMinor - account.returnedMinor, account.reservedMinor, account.postedMinor].map(money),
    money(account.expiredMinor),
  ];
  const { plan, exploration } = view;
  return [
    `${status.campaign}: ${status.state}, revision ${status.revision}, at ${time(status.atMs)}`,
    tableText(
      ["money", "budget", "curve's target", "handed out", "reserved", "spent", "expired"],
      [row("for the plan", plan, money(view.targetMinor)), row("to learn from", exploration, "")],
    ),
    ...alarmTexts(view, time),
    ...overTexts(view, money),
    ...riskTexts(view, money),
    ...(view.period === null ? [] : [periodText(view.period, money, time)]),
    releaseText(view),
    ...(view.forecast === null ? [] : forecastTexts(view.forecast, view.period, money)),
    shardsText(view),
    ...warnings.map(({ text }) => `warning: ${text}`),
    ...commandTexts(view, time),
  ].join("\n");
}

type View = ReturnType<typeof statusView>;
/** In the campaign's zone. */
type TimeText = (ms: number) => string;

function alarmTexts({ alarm, campaign }: View, time: TimeText): string[] {
  if (alarm === null) return [];
  return [
    `ALARM at ${time(alarm.atMs)}, paused since: ${alarm.detail}`,
    `  somebody else has written to grants or shard-reports; when that is over: stipend pacing clear-alarm --campaign ${campaign}`,
  ];
}

function overTexts({ plan, exploration, riskReserveMinor }: View, money: (amount: Minor) => string): string[] {
  // Under `expected` more may be out than the budget.
  if (riskReserveMinor > 0n) return [];
  return [["for the plan", plan] as const, ["to learn from", exploration] as const].flatMap(([name, { overMinor }]) =>
    overMinor > 0n
      ? [
          `${name}: ${money(overMinor)} more is out than the budget that was cut; it is asked back, and until then nothing is given`,
        ]
      : [],
  );
}

/** Of the policy `expected`. */
function riskTexts({ overbookedMinor, riskReserveMinor }: View, money: (amount: Minor) => string): string[] {
  if (riskReserveMinor === 0n) return [];
  return [
    `reserved beyond the budget, and expected back: ${money(overbookedMinor)}; risk reserve: ${money(riskReserveMinor)}`,
  ];
}

function releaseText({ release, pinned, planRow, shadowPrice, throttle, currency }: View): string {
  if (release === null) return "no release in force: nothing is given";
  const let_ = throttle < 1 ? `, ${percent(throttle)} let through` : "";
  const perMajor = shadowPrice * minorPerMajor(currency);
  const name = `release ${release.slice(0, 12)}${pinned ? " (pinned)" : ""}`;
  return `${name}: budget level ${planRow.toFixed(2)}, extra reward per extra ${currency}: ${perMajor.toPrecision(3)}${let_}`;
}

function periodText(
  { every, endMs, budgetMinor, postedMinor }: PeriodStatus,
  money: (amount: Minor) => string,
  time: TimeText,
) {
  return `this ${every}, to ${time(endMs)}: ${money(postedMinor)} spent of ${money(budgetMinor)}`;
}

function forecastTexts(forecast: Outlook, period: PeriodStatus | null, money: (amount: Minor) => string): string[] {
  const { spendAtEnd, sessionsToCome, spendToCome, rewardToCome, mixDrift } = forecast;
  const drift =
    mixDrift === 0n ? "as in the release" : `${money(mixDrift)} against the users that the release was trained on`;
  return [
    `forecast of the ${period === null ? "end" : `${period.every}'s end`}: ${money(spendAtEnd)} spent; to come: ${Math.round(sessionsToCome)} sessions, ${money(spendToCome)}, ` +
      `reward ${rewardToCome.toPrecision(4)}`,
    `cost of the users who come: ${drift}`,
  ];
}

function shardsText({ shards, lagging, atMs }: View): string {
  if (lagging.length === 0) return `shards: all ${shards} at this revision`;
  const each = lagging.map(({ shard, revision, reportedAtMs }) =>
    reportedAtMs === null
      ? `${shard} (never reported)`
      : `${shard} (revision ${revision}, last heard ${Math.max(0, Math.round((atMs - reportedAtMs) / 1_000))} s before)`,
  );
  return `shards: ${lagging.length} of ${shards} lag: ${each.join(", ")}`;
}

function commandTexts({ commands }: View, time: TimeText): string[] {
  if (commands.length === 0) return [];
  return ["last commands:", ...commands.slice(-COMMANDS_SHOWN).map((command) => `  ${commandText(command, time)}`)];
}

function commandText(
  { atMs, action, actor, reason, outcome, revision, refusal }: View["commands"][number],
  time: TimeText,
): string {
  const what = `${(action ?? "command").replaceAll("_", " ")} by ${actor ?? "nobody named"}`;
  const became =
    outcome === "refused" ? `refused: ${refusal ?? "no reason given"}` : `${outcome}, revision ${revision}`;
  return `${time(atMs)} ${what}: ${became}${reason === null ? "" : ` – ${reason}`}`;
}
