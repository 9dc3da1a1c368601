// Auditor
// Holds a whole day against the laws: src/serve/ledger/SPEC.md, src/serve/settle/SPEC.md, src/treasury/SPEC.md and those of
// the cycle. It reads the topics, record by record in the order in which they got there, and works everything out again.
// It shares the schemas with the system (it must read its records) and nothing else: no ledger, no treasurer, no verify.

import type { Transaction } from "../history.ts";
import type { Findings, Law } from "./findings.ts";
import { Inputs, type Written } from "./inputs.ts";
import { ACCOUNTS, type Money } from "./serve/money.ts";
import { ShardAudit } from "./serve/shard.ts";
import { TreasuryAudit } from "./treasury/treasury.ts";

export interface Audited extends Written {
  readonly setting: { readonly partitions: { readonly users: number; readonly control: number } };
}

export async function audit(day: Audited, findings: Findings): Promise<void> {
  const { users, control } = day.setting.partitions;
  const inputs = new Inputs();
  const ofShards = { partitions: users, decided: new Map<string, number>() };
  const ofTreasuries = { partitions: control, shards: users, granted: new Map<string, number>() };
  const shards = Array.from({ length: users }, (_, index) => new ShardAudit(index, ofShards, inputs, findings));
  const treasuries = Array.from(
    { length: control },
    (_, index) => new TreasuryAudit(index, ofTreasuries, inputs, findings),
  );
  await inputs.follow(day, (transaction, own) => {
    if (own.topic === "state") shards[own.partition]?.cycle(transaction);
    else treasuries[own.partition]?.cycle(transaction);
    spending(transaction, shards, treasuries, findings);
  });
  for (const shard of shards) shard.finish();
  for (const treasury of treasuries) treasury.finish();
}

/**
 * L3 and L2, after every commit, over all shards as they truly are: in use is never more than the budget, but for a budget
 * that was cut: then never more than was out at the cut, and what is out only falls. So too what the days or weeks so far
 * may have (T7). Under `expected`, where held money counts with what is expected of it, only a probability is promised:
 * whether more was spent than any budget is told apart.
 */
function spending(
  { number }: Transaction,
  shards: readonly ShardAudit[],
  treasuries: readonly TreasuryAudit[],
  findings: Findings,
): void {
  for (const treasury of treasuries)
    for (const [id, campaign] of treasury.campaigns)
      for (const account of ACCOUNTS) {
        const books = shards.flatMap((shard) => shard.campaigns.get(id)?.money[account] ?? []);
        const sum = (of: (money: Money) => number): number => books.reduce((total, money) => total + of(money), 0);
        const budget = campaign.steered.budget[account];
        if (campaign.isExpected && account === "plan") {
          campaign.highestMinor = Math.max(campaign.highestMinor, budget);
          findings.expectedDay(id, sum((money) => money.posted) > campaign.highestMinor);
          continue;
        }
        const out = campaign.granted(account) - sum((money) => money.returned);
        const spent = { place: `commit ${number} ${id} ${account}`, out, inUse: sum((money) => money.inUse) };
        const { allowed, allowedInPeriod, planLimit } = campaign;
        allowed[account] = allowedAfter(spent, budget, allowed[account], ["L2", "L3"], findings);
        if (account === "plan" && campaign.steered.periodBudget !== null)
          campaign.allowedInPeriod = allowedAfter(spent, planLimit, allowedInPeriod, ["T7", "T7"], findings);
      }
}

interface Spent {
  readonly place: string;
  readonly out: number;
  readonly inUse: number;
}

/** What may be in use from now on: the limit or, where that was cut, what was out then, as it falls. */
function allowedAfter(
  { place, out, inUse }: Spent,
  limit: number,
  before: number,
  [outLaw, inUseLaw]: readonly [Law, Law],
  findings: Findings,
): number {
  const allowed = out <= limit ? limit : Math.min(before, out);
  findings.demand(out <= Math.max(limit, before), outLaw, place, () => `${out} out, ${before} before, of ${limit}`);
  findings.demand(inUse <= allowed, inUseLaw, place, () => `${inUse} in use of ${allowed}`);
  findings.overspent(inUse - allowed);
  return allowed;
}
