// Commands: what a campaign must be after the commands that its treasurer has read, and what each must be answered, by the
// tables of src/treasury/SPEC.md (T1, T2).

import type { Campaign } from "../../../src/domain/campaign.ts";
import type { CampaignState, PacingCommand } from "../../../src/domain/control.ts";

/** What the answer must be; the reason is its first word. */
export interface ExpectedAnswer {
  readonly outcome: "accepted" | "refused" | "previewed";
  readonly revision: number;
  readonly reason: string | null;
}

const ANSWERS_KEPT = 200;

export class Steered {
  /** As it was created; null before. */
  campaign: Campaign | null = null;
  state: CampaignState = "live";
  revision = 0;
  release: string | null = null;
  earlier: string[] = [];
  readonly budget = { plan: 0, exploration: 0 };
  readonly answers = new Map<string, ExpectedAnswer>();
  readonly releases = new Set<string>();

  get exists(): boolean {
    return this.campaign !== null;
  }

  get currency(): string {
    return this.campaign?.currency ?? "";
  }

  /** T1: once; the same id again changes nothing. */
  take(command: PacingCommand): void {
    const { commandId, dryRun } = command;
    if (this.answers.has(commandId)) return;
    const reason = this.#refusal(command);
    const changes = reason === null && !dryRun && this.#change(command);
    if (changes) this.revision += 1;
    const outcome = reason !== null ? "refused" : dryRun ? "previewed" : "accepted";
    this.answers.set(commandId, { outcome, revision: this.revision, reason });
    const [oldest] = this.answers.keys();
    if (this.answers.size > ANSWERS_KEPT && oldest !== undefined) this.answers.delete(oldest);
  }

  /** T5: time alone ends it. */
  passTime(nowMs: number): void {
    if (this.campaign === null || this.state === "ended" || nowMs < this.campaign.endMs) return;
    this.state = "ended";
    this.revision += 1;
  }

  #refusal({ action, campaign, expectedRevision }: PacingCommand): string | null {
    if (action.kind === "create" && !this.exists) return action.campaign.id === campaign ? null : "invalid_campaign";
    if (!this.exists) return "unknown_campaign";
    if (action.kind === "create") return "already_exists";
    if (this.state === "ended") return "ended";
    if (expectedRevision !== null && expectedRevision !== this.revision) return "stale_revision";
    if (action.kind === "set_budget" && action.currency !== this.currency) return "currency_differs";
    if (action.kind === "set_budget" && action.budgetMinor < 0n) return "negative";
    if (action.kind === "promote_release" && action.release !== this.release && !this.releases.has(action.release))
      return "unknown_release";
    return action.kind === "rollback_release" && this.earlier.length === 0 ? "no_earlier_release" : null;
  }

  /** Whether it makes a difference. */
  #change({ action }: PacingCommand): boolean {
    switch (action.kind) {
      case "create":
        this.campaign = action.campaign;
        this.budget.plan = Number(action.campaign.budgetMinor);
        this.budget.exploration = Number(action.campaign.explorationBudgetMinor);
        return true;
      case "set_budget":
        if (this.budget.plan === Number(action.budgetMinor)) return false;
        this.budget.plan = Number(action.budgetMinor);
        return true;
      case "pause":
        return this.#become("paused");
      case "resume":
        return this.#become("live");
      case "end":
        return this.#become("ended");
      case "promote_release":
        return this.#promote(action.release);
      case "rollback_release":
        this.release = this.earlier.pop() ?? null;
        return true;
      default:
        throw new Error(`operators of a simulated day do not send ${action.kind}`);
    }
  }

  #become(state: CampaignState): boolean {
    if (this.state === state) return false;
    this.state = state;
    return true;
  }

  #promote(release: string): boolean {
    if (release === this.release) return false;
    if (this.release !== null) this.earlier.push(this.release);
    this.release = release;
    return true;
  }
}
