// Budgets: proves the treasurer's side. What was granted, from `grants`; what is back, from the shards' own reports; what the
// budget is and was, from the commands and the statuses.
//
//   L2  Σ (granted − returned) ≤ budget, but for a budget that was cut: then nothing new is granted and it only falls
//   L3  Σ (held + spent) ≤ the highest budget there has been
//       Under the policy `expected`, held money counts in neither, for it is more than what is expected of it: there
//       Σ (spent + free) ≤ budget, and Σ spent ≤ the highest budget, with the probability that the campaign states.
//   L4  granted and return targets only grow
//   partition  a campaign has one book: in the partition of its key

import type { BudgetStatus, Grant } from "../../domain/campaign/control.ts";
import type { Account } from "../../domain/decision/decision.ts";
import { ACCOUNTS } from "../../domain/money/totals.ts";
import { codecFor } from "../../log/codec/codec.ts";
import type { EventLog } from "../../log/event-log.ts";
import { partitionOf, type Placement } from "../../log/partitioner.ts";
import { Cursor } from "./cursor.ts";
import type { Findings, Place } from "./findings.ts";
import type { Shard } from "./shard.ts";

interface Known {
  /** Latest grant of each shard. */
  readonly grants: Map<number, { readonly place: Place; readonly value: Grant }>;
  status: { readonly place: Place; readonly value: BudgetStatus } | null;
  readonly highest: Record<Account, bigint>;
  /** By the reservation policy of its grants. */
  isExpected: boolean;
}

export class Budgets {
  readonly #findings: Findings;
  readonly #placement: Placement;
  readonly #campaigns = new Map<string, Known>();

  /** `placement`: of the topics keyed by campaign. */
  constructor(findings: Findings, placement: Placement) {
    this.#findings = findings;
    this.#placement = placement;
  }

  /** Grants first: what the shards report is read later, and can only be more. */
  async readGrants(log: EventLog): Promise<void> {
    for (const { partition, start } of await log.ranges("grants")) {
      const range = { from: start, to: null };
      const cursor = new Cursor(log, { topic: "grants", partition }, range, codecFor("grants"), this.#findings);
      for (let row = await cursor.take(); row !== null; row = await cursor.take())
        if (row.value !== null) this.#grant(row, row.value);
    }
  }

  /** Commands tell budgets that compaction has taken out of the statuses; those that were refused never were budgets. */
  async readControl(log: EventLog): Promise<void> {
    const refused = new Set<string>();
    for await (const { value } of this.#statuses(log))
      for (const { commandId, outcome } of value.answers)
        if (outcome === "refused" || outcome === "previewed") refused.add(`${value.campaign}/${commandId}`);
    for (const { partition, start } of await log.ranges("budget-pacing"))
      for await (const batch of log.read("budget-pacing", partition, start))
        for (const record of batch) this.#command(record.value, refused);
    for await (const { place, value } of this.#statuses(log)) this.#status(place, value);
  }

  async *#statuses(log: EventLog): AsyncGenerator<{ readonly place: Place; readonly value: BudgetStatus }> {
    for (const { partition, start } of await log.ranges("budget-status")) {
      const place = { topic: "budget-status", partition };
      const cursor = new Cursor(log, place, { from: start, to: null }, codecFor("budget-status"), this.#findings);
      for (let row = await cursor.take(); row !== null; row = await cursor.take())
        if (row.value !== null) yield { place: row, value: row.value };
    }
  }

  /** With every shard walked to its end, once for each control partition. */
  finish(walks: readonly (readonly Shard[])[]): void {
    const first = walks[0] ?? [];
    for (const [campaign, known] of this.#campaigns) {
      if (known.grants.size > 0) this.#findings.checked.campaigns += 1;
      // The walk that this campaign's reports have driven.
      const own = walks.find((walk) => walk.some((shard) => shard.lastReport(campaign) !== null)) ?? first;
      for (const account of ACCOUNTS) this.#finishAccount(campaign, known, account, own);
    }
    for (const shard of first)
      for (const campaign of shard.campaigns)
        if (!this.#campaigns.has(campaign))
          this.#findings.violation(
            "L2",
            { topic: "grants", partition: shard.partition, offset: 0 },
            `money of campaign ${campaign} is in use, and nothing was ever granted to it`,
          );
  }

  #finishAccount(campaign: string, known: Known, account: Account, shards: readonly Shard[]): void {
    let granted = 0n;
    let returned = 0n;
    let inUse = 0n;
    let spent = 0n;
    const money = (amount: bigint): string => this.#findings.money(campaign, amount);
    for (const shard of shards) {
      const grant = known.grants.get(shard.partition);
      const sums = shard.sums(campaign, account);
      const own = grant?.value.grantedMinor[account] ?? 0n;
      granted += own;
      if (sums === null) continue;
      returned += sums.returned;
      inUse += sums.inUse;
      spent += sums.settled + sums.sent;
      const place = shard.lastReport(campaign)?.place ??
        grant?.place ?? { topic: "grants", partition: shard.partition, offset: 0 };
      if (sums.granted > own)
        this.#findings.violation(
          "L4",
          place,
          `${account}: ${money(sums.granted)} reported as granted; the grant says ${money(own)}`,
        );
      if (sums.highest > own - sums.returned)
        this.#findings.violation(
          "L1",
          place,
          `${account}: since this report ${money(sums.highest)} in use of ${money(own)} granted, ${money(sums.returned)} returned`,
        );
    }
    const place = known.status?.place ?? known.grants.values().next().value?.place;
    if (place === undefined) return;
    const highest = known.highest[account];
    if (account === "plan" && known.isExpected) {
      if (spent > highest)
        this.#findings.violation(
          "L3",
          place,
          `${campaign} ${account}: ${money(spent)} spent of a budget of ${money(highest)}, which its policy keeps with a probability`,
        );
      return;
    }
    if (inUse > highest)
      this.#findings.violation(
        "L3",
        place,
        `${campaign} ${account}: ${money(inUse)} in use of a budget of ${money(highest)}`,
      );
    if (granted - returned > highest)
      this.#findings.violation(
        "L2",
        place,
        `${campaign} ${account}: ${money(granted - returned)} out of a budget of ${money(highest)}`,
      );
  }

  #grant(place: Place, grant: Grant): void {
    this.#findings.checked.grants += 1;
    this.#findings.currencies.set(grant.campaign.id, grant.campaign.currency);
    const money = (amount: bigint): string => this.#findings.money(grant.campaign.id, amount);
    const known = this.#known(grant.campaign.id);
    this.#budget(known, { plan: grant.campaign.budgetMinor, exploration: grant.campaign.explorationBudgetMinor });
    if (grant.shard !== place.partition)
      this.#findings.violation("L2", place, `a grant for shard ${grant.shard} in partition ${place.partition}`);
    if (grant.campaign.reservation.policy === "expected") known.isExpected = true;
    const before = known.grants.get(place.partition)?.value;
    for (const account of ACCOUNTS) {
      if (before === undefined) continue;
      if (grant.grantedMinor[account] < before.grantedMinor[account])
        this.#findings.violation("L4", place, `${account}: granted fell from ${money(before.grantedMinor[account])}`);
      if (grant.returnTargetMinor[account] < before.returnTargetMinor[account])
        this.#findings.violation(
          "L4",
          place,
          `${account}: return target fell from ${money(before.returnTargetMinor[account])}`,
        );
    }
    known.grants.set(place.partition, { place, value: grant });
  }

  #command(bytes: Uint8Array | null, refused: ReadonlySet<string>): void {
    if (bytes === null) return;
    let command;
    try {
      command = codecFor("budget-pacing").decode(bytes);
    } catch {
      // Anybody may write there; what cannot be read was dead-lettered and moved no money.
      return;
    }
    const { action, campaign, commandId, dryRun } = command;
    if (dryRun || refused.has(`${campaign}/${commandId}`)) return;
    if (action.kind === "create")
      this.#budget(this.#known(campaign), {
        plan: action.campaign.budgetMinor,
        exploration: action.campaign.explorationBudgetMinor,
      });
    else if (action.kind === "set_budget") this.#budget(this.#known(campaign), { plan: action.budgetMinor });
    else if (action.kind === "set_exploration")
      this.#budget(this.#known(campaign), { exploration: action.budgetMinor });
  }

  #status(place: Place, status: BudgetStatus): void {
    this.#findings.checked.statuses += 1;
    const own = partitionOf(Buffer.from(status.campaign), this.#placement);
    if (own !== place.partition)
      this.#findings.violation(
        "partition",
        place,
        `a second book of campaign ${status.campaign}, whose partition is ${own}, by ${this.#placement.partitioner}`,
      );
    const known = this.#known(status.campaign);
    if (status.currency !== "") this.#findings.currencies.set(status.campaign, status.currency);
    const budget: Record<Account, bigint> = { plan: status.budgetMinor, exploration: status.explorationBudgetMinor };
    this.#budget(known, budget);
    const before = known.status?.value;
    const money = (amount: bigint): string => this.#findings.money(status.campaign, amount);
    for (const account of ACCOUNTS) {
      const totals = status.totals[account];
      // Under `expected` what is held does not count in full; what is spent and what lies free does.
      const held = account === "plan" && known.isExpected ? totals.reserved - totals.settled - totals.released : 0n;
      const out = totals.granted - totals.returned - held;
      const was = before?.totals[account];
      if (was !== undefined && totals.granted < was.granted)
        this.#findings.violation(
          "L4",
          place,
          `${account}: granted fell from ${money(was.granted)} to ${money(totals.granted)}`,
        );
      if (out <= budget[account]) continue;
      const cut = known.highest[account] > budget[account];
      // What was granted until a command was taken was granted under the budget before it: only the same revision tells.
      const tells = was !== undefined && before?.revision === status.revision;
      if (!cut || (tells && (out + held > was.granted - was.returned || totals.granted > was.granted)))
        this.#findings.violation("L2", place, `${account}: ${money(out)} out of a budget of ${money(budget[account])}`);
    }
    known.status = { place, value: status };
  }

  #budget(known: Known, budget: Readonly<Partial<Record<Account, bigint>>>): void {
    for (const account of ACCOUNTS) {
      const minor = budget[account];
      if (minor !== undefined && minor > known.highest[account]) known.highest[account] = minor;
    }
  }

  #known(campaign: string): Known {
    let known = this.#campaigns.get(campaign);
    if (known === undefined) {
      known = { grants: new Map(), status: null, highest: { plan: 0n, exploration: 0n }, isExpected: false };
      this.#campaigns.set(campaign, known);
    }
    return known;
  }
}
