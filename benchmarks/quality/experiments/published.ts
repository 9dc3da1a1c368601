// Published experiments
// Real randomised trials, read from the folder STIPEND_DATA names (../shared/data otherwise) and never kept here. Their
// mappings are the examples'. None has a known truth; where the data has no cost, the mapping's is ours.

import path from "node:path";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";

export interface Experiment {
  readonly name: string;
  readonly mapping: string;
  readonly file: string;
  readonly told: string;
}

const EXAMPLES = path.join(import.meta.dirname, "../../../examples");

export const EXPERIMENTS: readonly { readonly name: string; readonly told: string }[] = [
  {
    name: "hillstrom",
    told: "an e-mail test of 2008, two e-mails and none; reward: a visit; cost (ours): each visit after an e-mail, at its price",
  },
  {
    name: "thornton_incentive",
    told: "cash for learning an HIV result, Malawi 2004, five steps of a ladder; reward: came; cost (real): the cash, if they came",
  },
  {
    name: "social_mail",
    told: "get-out-the-vote letters of 2006, three and none; reward: voted; cost (ours): the letter",
  },
  {
    name: "penn_bonus",
    told: "re-employment bonuses, Pennsylvania 1988, six offers and none; reward: at work within 12 weeks; cost (ours): the offer, if so",
  },
];

/** A published one by its name, or one's own as mapping=file. */
export function experimentOf(name: string, folder: string): Experiment {
  const known = EXPERIMENTS.find((each) => each.name === name);
  const [mapping = "", ...file] = name.split("=");
  if (known === undefined) {
    const own = file.join("=");
    if (own === "")
      throw new InvalidInput(
        `experiment ${name}: none of ${EXPERIMENTS.map((each) => each.name).join(", ")}, and no MAPPING.yaml=FILE`,
      );
    return { name: path.basename(own).replace(/\..*$/, ""), mapping, file: own, told: "given by a path" };
  }
  return { ...known, mapping: path.join(EXAMPLES, `${name}.yaml`), file: path.join(folder, `${name}.csv.gz`) };
}
