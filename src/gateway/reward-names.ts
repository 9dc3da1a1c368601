// Reward names: what campaigns weigh, from the commands that made them, so that a misspelt name is refused where somebody can
// put it right. Where nothing is known a name is let through: the allocator counts what nobody weighs, and warns.

import { shown } from "../domain/reading/shown.ts";
import { codecFor, decodedOrNull } from "../log/codec/codec.ts";

const commands = codecFor("budget-pacing");

export class RewardNames {
  readonly #byCampaign = new Map<string, ReadonlySet<string>>();

  /** A record of `budget-pacing`. */
  command(value: Uint8Array): void {
    const command = decodedOrNull(commands, value);
    if (command?.action.kind !== "create") return;
    const { id, rewardWeights } = command.action.campaign;
    // Of two that were sent under one id, one was refused, and it is not said here which.
    this.#byCampaign.set(id, new Set([...(this.#byCampaign.get(id) ?? []), ...Object.keys(rewardWeights)]));
  }

  /** What is wrong with the names of an outcome; null: nothing. Of an unknown campaign (null) any campaign's are taken. */
  faultOf(rewards: Readonly<Record<string, number>>, campaign: string | null): { name: string; text: string } | null {
    const known = campaign === null ? null : this.#byCampaign.get(campaign);
    const weighed = known ?? new Set([...this.#byCampaign.values()].flatMap((names) => [...names]));
    const name = Object.keys(rewards).find((one) => !weighed.has(one));
    if (name === undefined || weighed.size === 0) return null;
    const who = known === null || known === undefined ? "any campaign" : campaign;
    const names = [...weighed].toSorted().join(", ");
    return { name, text: `${shown(name)} is no reward that ${who} weighs: expected one of ${names}` };
  }
}
