// Operators: the people who steer the campaigns of a day. They create them, put releases in force, cut and raise budgets
// of the whole and of its days, pause, resume and end; they send some commands twice, some too late, and some that must be
// refused.

import type { Campaign } from "../../../src/domain/campaign/campaign.ts";
import type { PacingAction, PacingCommand } from "../../../src/domain/campaign/control.ts";
import type { Random } from "../../../src/domain/random.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { partitionOf } from "../../../src/log/partitioner.ts";
import { periodEndsMs } from "./periods.ts";
import type { Post } from "./post.ts";
import { RELEASES, releaseRecord } from "../release.ts";
import { DAY_START_MS, placementsOf, type Setting } from "../setting.ts";
import type { FaultKind, Tally } from "../tally.ts";

export class Operators {
  readonly #setting: Setting;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #post: Post;
  #commands = 0;

  constructor(setting: Setting, random: Random, tally: Tally, post: Post) {
    this.#setting = setting;
    this.#random = random;
    this.#tally = tally;
    this.#post = post;
  }

  /** The day's commands, on their way. */
  plan(): void {
    for (const campaign of this.#setting.campaigns) this.#campaign(campaign);
    for (const campaign of this.#setting.campaigns) this.#periods(campaign);
    for (const campaign of this.#setting.campaigns) this.#strays(campaign);
  }

  /** Somebody makes the campaign once more, with a client that places keys in another way. */
  #strays(campaign: Campaign): void {
    const { partitions } = placementsOf(this.#setting).control;
    // Of a stream of its own: what it draws shifts nothing else.
    const random = this.#random.fork(`strays ${campaign.id}`);
    const partition = partitionOf(Buffer.from(campaign.id), { partitioner: "crc32", partitions });
    if (partitions === 1 || random.unit() < 0.3) return;
    const atMs = Math.round(DAY_START_MS + 0.5 * random.unit() * (this.#setting.endMs - DAY_START_MS));
    const [release] = RELEASES;
    const send = (topic: string, key: string, value: Buffer): void => {
      this.#tally.count("command_elsewhere");
      this.#post.send(atMs, { topic, partition, key: Buffer.from(key), value });
    };
    const command = (action: PacingAction): void =>
      send("budget-pacing", campaign.id, codecFor("budget-pacing").encode(this.#make(campaign.id, action)));
    command({ kind: "create", campaign });
    if (release === undefined) return;
    const value = codecFor("releases").encode(releaseRecord(campaign.id, release, atMs));
    send("releases", `${campaign.id}/${release.hash}`, value);
    command({ kind: "promote_release", release: release.hash });
  }

  /** Budgets of each day or week: cut, raised, also about when one ends; or of a campaign that has none. */
  #periods(campaign: Campaign): void {
    const { budgetMinor, currency, periods = null } = campaign;
    const set = (atMs: number, periodBudgetMinor: bigint, fault: FaultKind): void =>
      this.#command(atMs, campaign, { kind: "set_budget", budgetMinor, currency, periodBudgetMinor }, fault);
    if (periods === null) {
      if (this.#chance(0.05)) set(this.#during(), budgetMinor / 2n, "command_refusable");
      return;
    }
    const ends = periodEndsMs(campaign);
    for (let changes = this.#random.below(4); changes > 0; changes -= 1) {
      const factor = this.#chance(0.5) ? this.#random.unit() : 1 + 2 * this.#random.unit();
      const endMs = ends[this.#random.below(ends.length)];
      const aboutEndMs = Math.round((endMs ?? 0) + (this.#random.unit() - 0.5) * this.#roundMs);
      const periodBudgetMinor = BigInt(Math.round(Number(periods.budgetMinor) * factor));
      const atMs = endMs === undefined || this.#chance(0.5) ? this.#during() : aboutEndMs;
      set(atMs, periodBudgetMinor, factor < 1 ? "period_budget_cut" : "period_budget_raised");
    }
  }

  get #roundMs(): number {
    return (this.#setting.endMs - DAY_START_MS) / this.#setting.rounds;
  }

  #campaign(campaign: Campaign): void {
    const createMs = DAY_START_MS + (this.#chance(0.8) ? 0 : this.#shareOfDay(0.1));
    this.#command(createMs, campaign, { kind: "create", campaign });
    const promoteMs = createMs + (this.#chance(0.8) ? 1 : this.#shareOfDay(0.1));
    this.#release(promoteMs, campaign, 0);
    for (let changes = this.#random.below(5); changes > 0; changes -= 1) this.#budget(campaign);
    if (this.#chance(0.3)) this.#pause(campaign);
    if (this.#chance(0.4)) this.#release(this.#during(), campaign, 1 + this.#random.below(2), "release_swapped");
    if (this.#chance(0.15))
      this.#command(this.#during(), campaign, { kind: "rollback_release" }, "release_rolled_back");
    if (this.#chance(0.05)) this.#command(this.#during(), campaign, { kind: "end" }, "ended_early");
    for (let turns = this.#random.below(4); turns > 0; turns -= 1) this.#turn(campaign);
    for (let refused = this.#random.below(3); refused > 0; refused -= 1) this.#refusable(campaign);
    if (this.#chance(this.#setting.rates.broken)) {
      this.#tally.count("bytes_undecodable");
      this.#post.send(this.#during(), {
        topic: "budget-pacing",
        key: Buffer.from(campaign.id),
        value: Buffer.from("pause"),
      });
    }
  }

  #budget(campaign: Campaign): void {
    const factor = this.#chance(0.6) ? 0.9 * this.#random.unit() : 1 + this.#random.unit();
    const budgetMinor = BigInt(Math.round(Number(campaign.budgetMinor) * factor));
    const action: PacingAction = { kind: "set_budget", budgetMinor, currency: campaign.currency };
    this.#command(this.#during(), campaign, action, factor < 1 ? "budget_cut" : "budget_raised");
  }

  /** Something else that can be turned while it runs. */
  #turn(campaign: Campaign): void {
    const actions: readonly PacingAction[] = [
      { kind: "set_exploration", share: 0.3 * this.#random.unit(), budgetMinor: BigInt(this.#random.below(9_000)) },
      { kind: "set_caps", caps: this.#chance(0.5) ? [] : [{ max: 1 + this.#random.below(3), windowMs: 3_600_000 }] },
      { kind: "set_curve", mode: this.#chance(0.5) ? "asap" : "even", points: [] },
      { kind: "pin_release", release: RELEASES[this.#random.below(RELEASES.length)]?.hash ?? null },
      { kind: "pin_release", release: null },
      { kind: "set_budget", budgetMinor: campaign.budgetMinor, currency: campaign.currency },
    ];
    const action = actions[this.#random.below(actions.length)];
    if (action !== undefined) this.#command(this.#during(), campaign, action, "turned");
  }

  #pause(campaign: Campaign): void {
    const atMs = this.#during();
    this.#command(atMs, campaign, { kind: "pause" }, "paused");
    if (this.#chance(0.8)) this.#command(atMs + this.#shareOfDay(0.1), campaign, { kind: "resume" }, "resumed");
  }

  #release(atMs: number, campaign: Campaign, which: number, fault?: FaultKind): void {
    const release = RELEASES[which];
    if (release === undefined) return;
    const value = codecFor("releases").encode(releaseRecord(campaign.id, release, atMs));
    const key = Buffer.from(`${campaign.id}/${release.hash}`);
    // Where the campaign's treasurer reads, as src/retrain/publish.ts puts it.
    const partition = partitionOf(Buffer.from(campaign.id), placementsOf(this.#setting).control);
    this.#post.send(atMs, { topic: "releases", partition, key, value });
    this.#command(atMs, campaign, { kind: "promote_release", release: release.hash }, fault);
  }

  /** Something that the treasurer should refuse, whenever it comes. */
  #refusable(campaign: Campaign): void {
    const actions: readonly PacingAction[] = [
      { kind: "set_budget", budgetMinor: 1_000_000_000n, currency: "USD" },
      { kind: "set_budget", budgetMinor: -1n, currency: campaign.currency },
      { kind: "promote_release", release: "0".repeat(64) },
      { kind: "create", campaign: { ...campaign, budgetMinor: campaign.budgetMinor * 9n } },
    ];
    const action = actions[this.#random.below(actions.length)];
    if (action !== undefined) this.#command(this.#during(), campaign, action, "command_refusable");
    const raise: PacingAction = { kind: "set_budget", budgetMinor: campaign.budgetMinor * 3n, currency: "EUR" };
    this.#tally.count("command_refusable");
    if (this.#chance(0.5)) this.#send(this.#during(), { ...this.#make(campaign.id, raise), expectedRevision: 90 });
    else this.#send(this.#during(), this.#make("nowhere", raise));
  }

  #command(atMs: number, campaign: Campaign, action: PacingAction, fault?: FaultKind): void {
    if (fault !== undefined) this.#tally.count(fault);
    const command = this.#make(campaign.id, action);
    if (this.#chance(0.1)) {
      this.#tally.count("dry_run");
      this.#send(atMs, { ...this.#make(campaign.id, action), dryRun: true });
    }
    this.#send(atMs, command);
    if (!this.#chance(2 * this.#setting.rates.duplicated)) return;
    this.#tally.count("command_repeated");
    this.#send(atMs + this.#shareOfDay(0.3), command);
  }

  #make(campaign: string, action: PacingAction): PacingCommand {
    const commandId = `command-${(this.#commands += 1)}`;
    return { commandId, campaign, atMs: DAY_START_MS, expectedRevision: null, dryRun: false, action };
  }

  #send(atMs: number, command: PacingCommand): void {
    const value = codecFor("budget-pacing").encode(command);
    this.#post.send(atMs, { topic: "budget-pacing", key: Buffer.from(command.campaign), value });
  }

  #during(): number {
    return Math.round(DAY_START_MS + this.#shareOfDay(0.95));
  }

  #shareOfDay(share: number): number {
    return Math.round(this.#random.unit() * share * (this.#setting.endMs - DAY_START_MS));
  }

  #chance(rate: number): boolean {
    return this.#random.unit() < rate;
  }
}
