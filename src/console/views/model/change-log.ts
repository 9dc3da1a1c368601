// Change log: the commands that were sent, each with its answer: what was old and is new, who asked and why, and how far it has been
// applied. What was old follows from the commands before it; where those are gone by retention, it is not said.

import type { Campaign } from "../../../domain/campaign/campaign.ts";
import type { BudgetStatus, CommandAnswer, PacingAction, PacingCommand } from "../../../domain/campaign/control.ts";
import { formatMinor, type Minor } from "../../../domain/money/money.ts";
import { changesOf, type Change } from "../../../workflows/control/pacing/changes.ts";
import type { ConsoleAction } from "../console-action.ts";

export interface ChangeRow {
  readonly commandId: string;
  readonly campaign: string;
  readonly atMs: number;
  readonly action: PacingAction["kind"];
  readonly actor: string | null;
  readonly reason: string | null;
  /** waiting: it is not answered yet. unknown: its answer is gone. */
  readonly outcome: "accepted" | "applied" | "refused" | "waiting" | "unknown";
  readonly refusal: string | null;
  readonly revision: number | null;
  /** Null where what was old is not known. */
  readonly changes: readonly Change[] | null;
  /** Of an accepted one. */
  readonly applied: { readonly shards: number; readonly of: number } | null;
  /** What would take it back, as the page asks for it; null where nothing would. */
  readonly undo: ConsoleAction | null;
}

const MOST_COMMANDS = 200;
const MOST_CAMPAIGNS = 500;

/** What commands change of a campaign, as far as it is known. */
interface Known {
  readonly campaign: Campaign;
  readonly status: Pick<BudgetStatus, "state" | "release" | "previousRelease" | "pinned" | "alarm">;
}

interface Kept {
  readonly commands: PacingCommand[];
  /** Before the first of them; null: not known. */
  before: Known | null;
  readonly answers: Map<string, CommandAnswer>;
}

export class ChangeLog {
  readonly #campaigns = new Map<string, Kept>();

  /** In their order on the log. */
  takeCommand(command: PacingCommand): void {
    if (command.dryRun) return;
    const kept = this.#kept(command.campaign);
    if (kept === null) return;
    kept.commands.push(command);
    if (kept.commands.length <= MOST_COMMANDS) return;
    const gone = kept.commands.shift();
    if (gone === undefined) return;
    if (isAccepted(kept.answers.get(gone.commandId))) kept.before = applied(kept.before, gone.action);
    kept.answers.delete(gone.commandId);
  }

  takeAnswers({ campaign, answers }: BudgetStatus): void {
    const kept = this.#kept(campaign);
    if (kept === null) return;
    for (const answer of answers) if (answer.outcome !== "previewed") kept.answers.set(answer.commandId, answer);
    // Answers of commands that are not known (any more).
    for (const id of kept.answers.keys()) {
      if (kept.answers.size <= 2 * MOST_COMMANDS) break;
      kept.answers.delete(id);
    }
  }

  forget(campaign: string): void {
    this.#campaigns.delete(campaign);
  }

  /** Newest first. `status`: the campaign's latest; null before any. */
  of(campaign: string, status: BudgetStatus | null): readonly ChangeRow[] {
    const kept = this.#campaigns.get(campaign);
    if (kept === undefined) return [];
    let known = kept.before;
    const rows: ChangeRow[] = [];
    for (const command of kept.commands) {
      const answer = kept.answers.get(command.commandId);
      rows.push(rowOf(command, answer ?? null, known, status));
      if (isAccepted(answer)) known = applied(known, command.action);
    }
    return rows.toReversed();
  }

  campaigns(): readonly string[] {
    return [...this.#campaigns.keys()];
  }

  #kept(campaign: string): Kept | null {
    const there = this.#campaigns.get(campaign);
    if (there !== undefined) return there;
    if (this.#campaigns.size >= MOST_CAMPAIGNS) return null;
    const kept: Kept = { commands: [], before: null, answers: new Map() };
    this.#campaigns.set(campaign, kept);
    return kept;
  }
}

function isAccepted(answer: CommandAnswer | undefined): boolean {
  return answer?.outcome === "accepted" || answer?.outcome === "applied";
}

function rowOf(
  { commandId, campaign, atMs, action, actor = null, reason = null }: PacingCommand,
  answer: CommandAnswer | null,
  known: Known | null,
  status: BudgetStatus | null,
): ChangeRow {
  const accepted = answer !== null && answer.outcome !== "refused";
  return {
    commandId,
    campaign,
    atMs,
    action: action.kind,
    actor,
    reason,
    outcome: outcomeOf(answer, status),
    refusal: answer?.refusal ?? null,
    revision: answer?.revision ?? null,
    changes:
      action.kind === "create"
        ? []
        : known === null || status === null
          ? null
          : changesOf(action, known.campaign, { ...status, ...known.status }),
    applied:
      accepted && status !== null
        ? { shards: status.applied.filter(({ revision }) => revision >= answer.revision).length, of: status.shards }
        : null,
    undo: accepted && known !== null ? undoOf(action, known) : null,
  };
}

function outcomeOf(answer: CommandAnswer | null, status: BudgetStatus | null): ChangeRow["outcome"] {
  if (answer !== null) return answer.outcome === "previewed" ? "unknown" : answer.outcome;
  // The last fifty answers are told again and again.
  return (status?.answers.length ?? 0) >= 50 ? "unknown" : "waiting";
}

function applied(known: Known | null, action: PacingAction): Known | null {
  if (action.kind === "create")
    return {
      campaign: action.campaign,
      status: { state: "live", release: null, previousRelease: null, pinned: false, alarm: null },
    };
  if (known === null) return null;
  const { campaign, status } = known;
  const changed = (settings: Partial<Campaign>): Known => ({ campaign: { ...campaign, ...settings }, status });
  const turned = (now: Partial<Known["status"]>): Known => ({ campaign, status: { ...status, ...now } });
  switch (action.kind) {
    case "set_budget": {
      const { periodBudgetMinor = null } = action;
      const { periods = null } = campaign;
      const each =
        periods === null || periodBudgetMinor === null
          ? {}
          : { periods: { ...periods, budgetMinor: periodBudgetMinor } };
      return changed({ budgetMinor: action.budgetMinor, ...each });
    }
    case "set_exploration":
      return changed({ explorationShare: action.share, explorationBudgetMinor: action.budgetMinor });
    case "set_caps":
      return changed({ caps: action.caps });
    case "set_curve": {
      const controller = action.controller ?? campaign.pacing.controller;
      const { mode, points } = action;
      return changed({
        pacing: { ...campaign.pacing, mode, points, ...(controller === undefined ? {} : { controller }) },
      });
    }
    case "promote_release":
      return turned({ release: action.release, previousRelease: status.release });
    case "rollback_release":
      return turned({ release: status.previousRelease, previousRelease: null });
    case "pin_release":
      return turned({
        pinned: action.release !== null,
        ...(action.release === null ? {} : { release: action.release, previousRelease: status.release }),
      });
    case "pause":
      return turned({ state: "paused" });
    case "resume":
      return turned({ state: "live" });
    case "end":
      return turned({ state: "ended" });
    case "clear_alarm":
      return turned({ alarm: null });
    default:
      return known;
  }
}

function undoOf(action: PacingAction, { campaign, status }: Known): ConsoleAction | null {
  const typed = (minor: Minor): string => formatMinor(minor, campaign.currency).replace(` ${campaign.currency}`, "");
  switch (action.kind) {
    case "set_budget":
      return {
        kind: "set_budget",
        amount: typed(campaign.budgetMinor),
        periodAmount:
          (action.periodBudgetMinor ?? null) === null || !campaign.periods ? null : typed(campaign.periods.budgetMinor),
      };
    case "set_exploration":
      return {
        kind: "set_exploration",
        share: campaign.explorationShare,
        amount: typed(campaign.explorationBudgetMinor),
      };
    case "set_caps":
      return { kind: "set_caps", caps: campaign.caps };
    case "set_curve":
      return { kind: "set_curve", mode: campaign.pacing.mode, points: campaign.pacing.points ?? [] };
    case "promote_release":
    case "rollback_release":
      return status.release === null ? null : { kind: "promote_release", release: status.release };
    case "pause":
      return { kind: "resume" };
    case "resume":
      return { kind: "pause" };
    default:
      return null;
  }
}
