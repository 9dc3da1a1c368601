// Auditor
// Holds a whole day against the laws: src/serve/ledger/SPEC.md, src/serve/settle/SPEC.md, src/treasury/SPEC.md and those of
// the cycle. It reads the topics, record by record in the order in which they got there, and works everything out again.
// It shares the schemas with the system (it must read its records) and nothing else: no ledger, no treasurer, no verify.

import type { Transaction } from "../history.ts";
import type { Findings } from "./findings.ts";
import { Inputs, type Written } from "./inputs.ts";
import { ACCOUNTS, type Money } from "./money.ts";
import { ShardAudit } from "./shard.ts";
import { TreasuryAudit } from "./treasury.ts";

export interface Audited extends Written {
  readonly setting: { readonly partitions: { readonly users: number; readonly control: number } };
}

export async function audit(day: Audited, findings: Findings): Promise<void> {
  const { users, control } = day.setting.partitions;
  const inputs = new Inputs();
  const shards = Array.from({ length: users }, (_, index) => new ShardAudit(index, inputs, findings));
  const treasuries = Array.from({ length: control }, (_, index) => new TreasuryAudit(index, users, inputs, findings));
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
 * that was cut: then never more than was out at the cut, and what is out only falls. Under `expected`, where held money
 * counts with what is expected of it, only a probability is promised: whether more was spent than any budget is told apart.
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
        const inUse = sum((money) => money.inUse);
        const before = campaign.allowed[account];
        const allowed = out <= budget ? budget : Math.min(before, out);
        campaign.allowed[account] = allowed;
        const place = `commit ${number} ${id} ${account}`;
        findings.demand(
          out <= Math.max(budget, before),
          "L2",
          place,
          () => `${out} out, ${before} before, of ${budget}`,
        );
        findings.demand(inUse <= allowed, "L3", place, () => `${inUse} in use of ${allowed}`);
        findings.overspent(inUse - allowed);
      }
}
