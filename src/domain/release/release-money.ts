// Release money
// A release's costs are in the money that it was trained with: a currency, and what each arm is worth and costs to send.
// In a campaign with another money its plans mean nothing: five yen are not five euro, nor is an arm of 5.00 one of 50.00.

import type { Campaign } from "../campaign/campaign.ts";
import { formatMinor, type Minor } from "../money/money.ts";
import type { ReleaseManifest } from "./release.ts";

export interface MoneyDifference {
  readonly of: "currency" | "face" | "send";
  readonly text: string;
}

/**
 * In what a release's money is another than the campaign's; empty when it is not. Arms are the same in both. What the
 * release does not say (an earlier version's face values; those of costs that were measured, or of a log without redemptions)
 * is not compared.
 */
export function moneyDifferences(
  { arms, money, summary }: ReleaseManifest,
  campaign: Pick<Campaign, "currency" | "arms">,
): MoneyDifference[] {
  const currency = money?.currency ?? summary["currency"] ?? campaign.currency;
  const differences: MoneyDifference[] =
    currency === campaign.currency
      ? []
      : [{ of: "currency", text: `the release is in ${currency}, the campaign in ${campaign.currency}` }];
  for (const [index, id] of arms.entries()) {
    const [price, own] = [money?.prices?.[index], campaign.arms[index]];
    if (price === undefined || own === undefined) continue;
    const compare = (of: "face" | "send", name: string, minor: number | null, ownMinor: Minor): void => {
      if (minor === null || BigInt(minor) === ownMinor) return;
      const [shown, ownShown] = [
        formatMinor(BigInt(minor), String(currency)),
        formatMinor(ownMinor, campaign.currency),
      ];
      differences.push({ of, text: `${id}: ${name} ${shown} in the release, ${ownShown} in the campaign` });
    };
    compare("face", "face value", price.faceMinor, own.faceMinor);
    compare("send", "send cost", price.sendMinor, own.sendMinor);
  }
  return differences;
}

/** Send costs alone may differ, where somebody says that it is meant. */
export function isPromotable(differences: readonly MoneyDifference[], force: boolean): boolean {
  return differences.length === 0 || (force && differences.every(({ of }) => of === "send"));
}
