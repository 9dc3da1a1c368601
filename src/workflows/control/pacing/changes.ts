// Changes: what a command would change of a campaign, old and new, in words for people.

import { unreachable } from "../../../domain/assert.ts";
import { zonedText } from "../../../domain/calendar.ts";
import { DEFAULT_CONTROLLER, type Campaign, type Cap, type CurvePoint } from "../../../domain/campaign/campaign.ts";
import type { BudgetStatus, PacingAction } from "../../../domain/campaign/control.ts";
import { formatMinor, type Minor } from "../../../domain/money/money.ts";
import { percent } from "../../../domain/figures.ts";

export interface Change {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** How much more that is, as a share of what it was; null where it is no amount, or was nothing. */
  readonly share: number | null;
}

/** Also what stays as it is, where the command says it anew. */
export function changesOf(action: PacingAction, campaign: Campaign, status: BudgetStatus): readonly Change[] {
  const { currency } = campaign;
  const money = (what: string, before: Minor, after: Minor): Change => ({
    what,
    before: formatMinor(before, currency),
    after: formatMinor(after, currency),
    share: shareOf(Number(before), Number(after)),
  });
  switch (action.kind) {
    case "create":
      return [];
    case "set_budget": {
      const { periodBudgetMinor = null } = action;
      const { periods = null } = campaign;
      return [
        money("budget of plan", campaign.budgetMinor, action.budgetMinor),
        ...(periods === null || periodBudgetMinor === null
          ? []
          : [money(`budget of each ${periods.every}`, periods.budgetMinor, periodBudgetMinor)]),
      ];
    }
    case "set_exploration":
      return [
        {
          ...words("exploration's share of sessions", percent(campaign.explorationShare), percent(action.share)),
          share: shareOf(campaign.explorationShare, action.share),
        },
        money("budget of exploration", campaign.explorationBudgetMinor, action.budgetMinor),
      ];
    case "set_caps":
      return [words("caps", capsText(campaign.caps), capsText(action.caps))];
    case "set_curve": {
      const { mode, points = [], controller = DEFAULT_CONTROLLER } = campaign.pacing;
      const { timeZone = "UTC" } = campaign;
      return [
        words("curve", curveText(mode, points, timeZone), curveText(action.mode, action.points, timeZone)),
        words("controller", controller, action.controller ?? controller),
      ];
    }
    case "promote_release":
      return [words("release", nameOf(status.release), nameOf(action.release))];
    case "rollback_release":
      return [words("release", nameOf(status.release), nameOf(status.previousRelease))];
    case "pin_release":
      return [
        words("release", nameOf(status.release), nameOf(action.release ?? status.release)),
        words("pinned", yesNo(status.pinned), yesNo(action.release !== null)),
      ];
    case "pause":
      return [words("state", status.state, "paused")];
    case "resume":
      return [words("state", status.state, "live")];
    case "end":
      return [words("state", status.state, "ended, for good")];
    case "clear_alarm":
      return [words("alarm", status.alarm?.detail ?? "none", "none")];
    default:
      return unreachable(action);
  }
}

function words(what: string, before: string, after: string): Change {
  return { what, before, after, share: null };
}

function shareOf(before: number, after: number): number | null {
  return before === 0 ? null : (after - before) / before;
}

function capsText(caps: readonly Cap[]): string {
  return caps.length === 0 ? "none" : caps.map(({ max, windowMs }) => `${max} in ${lengthText(windowMs)}`).join(", ");
}

const LENGTHS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

function lengthText(ms: number): string {
  const [unit, length] = LENGTHS.find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / length}${unit}`;
}

function curveText(mode: string, points: readonly CurvePoint[], timeZone: string): string {
  if (mode !== "points") return mode;
  return points.map(({ atMs, share }) => `${percent(share)} by ${zonedText(timeZone, atMs)}`).join(", ");
}

function nameOf(release: string | null): string {
  return release === null ? "none" : release.slice(0, 12);
}

function yesNo(is: boolean): string {
  return is ? "yes" : "no";
}
