// Commands: what a campaign must be after the commands that its treasurer has read, and what each must be answered, by the
// tables of src/treasury/SPEC.md (T1, T2).

import type { Campaign } from "../../../../src/domain/campaign/campaign.ts";
import type { CampaignState, PacingAction, PacingCommand } from "../../../../src/domain/campaign/control.ts";

/** What the answer must be; the reason is its first word. */
export interface ExpectedAnswer {
  readonly outcome: "accepted" | "refused" | "previewed";
  readonly revision: number;
  readonly reason: string | null;
}

type SetBudget = Extract<PacingAction, { kind: "set_budget" }>;

const ANSWERS_KEPT = 200;

export class Steered {
  /** As it was created; null before. */
  campaign: Campaign | null = null;
  state: CampaignState = "live";
  revision = 0;
  release: string | null = null;
  earlier: string[] = [];
  readonly budget = { plan: 0, exploration: 0 };
  /** Of each day or week; null where the budget is one for the whole. */
  periodBudget: number | null = null;
  pinned = false;
  /** What else commands turn, as texts to be compared. */
  readonly #turned = { exploration: "", caps: "", curve: "" };
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
    return action.kind === "set_budget" ? this.#budgetRefusal(action) : this.#releaseRefusal(action);
  }

  #budgetRefusal({ budgetMinor, periodBudgetMinor = null }: SetBudget): string | null {
    if (budgetMinor < 0n || (periodBudgetMinor !== null && periodBudgetMinor < 0n)) return "negative";
    return periodBudgetMinor !== null && this.periodBudget === null ? "no_periods" : null;
  }

  #releaseRefusal(action: PacingAction): string | null {
    const release = action.kind === "promote_release" || action.kind === "pin_release" ? action.release : this.release;
    const changes = release !== null && release !== this.release;
    const moves = action.kind === "rollback_release" || (action.kind === "promote_release" && changes);
    if (this.pinned && moves) return "pinned";
    if (changes && !this.releases.has(release)) return "unknown_release";
    return action.kind === "rollback_release" && this.earlier.length === 0 ? "no_earlier_release" : null;
  }

  /** Whether it makes a difference. */
  #change({ action }: PacingCommand): boolean {
    switch (action.kind) {
      case "create":
        this.campaign = action.campaign;
        this.budget.plan = Number(action.campaign.budgetMinor);
        this.periodBudget = action.campaign.periods ? Number(action.campaign.periods.budgetMinor) : null;
        this.#explore(action.campaign.explorationShare, action.campaign.explorationBudgetMinor);
        this.#turn("caps", JSON.stringify(action.campaign.caps));
        this.#turn("curve", action.campaign.pacing.mode);
        return true;
      case "set_budget":
        return this.#setBudget(action);
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
      case "pin_release":
        return this.#pin(action.release);
      case "set_exploration":
        return this.#explore(action.share, action.budgetMinor);
      case "set_caps":
        return this.#turn("caps", JSON.stringify(action.caps));
      case "set_curve":
        return this.#turn("curve", action.mode);
      case "clear_alarm":
        throw new Error("nobody raises an alarm in a simulated day");
    }
  }

  #setBudget({ budgetMinor, periodBudgetMinor = null }: SetBudget): boolean {
    const before = [this.budget.plan, this.periodBudget];
    this.budget.plan = Number(budgetMinor);
    if (periodBudgetMinor !== null) this.periodBudget = Number(periodBudgetMinor);
    return before[0] !== this.budget.plan || before[1] !== this.periodBudget;
  }

  #turn(what: "exploration" | "caps" | "curve", to: string): boolean {
    const changes = this.#turned[what] !== to;
    this.#turned[what] = to;
    return changes;
  }

  #explore(share: number, budgetMinor: bigint): boolean {
    this.budget.exploration = Number(budgetMinor);
    return this.#turn("exploration", `${share} ${budgetMinor}`);
  }

  #pin(release: string | null): boolean {
    const promotes = release !== null && this.#promote(release);
    const turns = this.pinned !== (release !== null);
    this.pinned = release !== null;
    return promotes || turns;
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
