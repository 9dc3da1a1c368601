// stipend campaign draft: from a release and a budget to a campaign's file.

import { writeFile } from "node:fs/promises";
import { isTimeZone, periodAt } from "../../../domain/calendar.ts";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { TypedAmount } from "../../../domain/money/money.ts";
import { asAmount, asInteger, asText, asTime, minorInCurrency, type Parse } from "../../../settings/parse.ts";
import { DONE } from "../../../terminal/context.ts";
import { checkOutFile } from "../../../terminal/out-file.ts";
import { campaignYaml } from "../../../workflows/control/campaign-yaml.ts";
import { draftFromFolder } from "../../../workflows/control/draft-from-folder.ts";
import { defineCommand } from "../../command.ts";
import { flag, many, option, required, withDefault } from "../../options.ts";

const asFace: Parse<readonly [arm: string, face: TypedAmount]> = (typed) => {
  const at = typed.lastIndexOf("=");
  if (at < 1) throw new InvalidInput(`expected an arm, =, and an amount, such as coupon-5=500, got "${typed}"`);
  return [typed.slice(0, at), asAmount(typed.slice(at + 1))];
};

const asTimeZone: Parse<string> = (typed) => {
  if (!isTimeZone(typed)) throw new InvalidInput(`expected a time zone such as Europe/Berlin, got "${typed}"`);
  return typed;
};

export const command = defineCommand({
  summary: "write a campaign's file from a release and a budget",
  description:
    "Takes the arms, their prices, the currency and the reward from the release, the rest as campaigns usually have it, and says " +
    "what the release's plan expects of the budget. Read the file, change what is yours, then `stipend campaign create` it.",
  examples: [
    "stipend campaign draft --release releases/first --id spring --budget 50000.00EUR --sessions 400000 --out spring.yaml",
  ],
  options: {
    release: required("folder", "the release", asText),
    id: required("id", "how the campaign is called", asText),
    budget: required("amount", "of the whole: minor units, or 50000.00EUR", asAmount),
    sessions: required("number", "eligible sessions that are expected in the period", asInteger({ min: 1 })),
    start: option("time", "when it begins (default: the next midnight of its time zone)", asTime),
    days: withDefault("number", "how long it runs", asInteger({ min: 1, max: 3_650 }), 14),
    timeZone: withDefault("name", "whose midnights part days", asTimeZone, "UTC"),
    face: many("arm=amount", "what is paid when it is redeemed, of a release whose log had measured costs", asFace),
    out: option("file", "write it there (default: print it)", asText),
    force: flag("replace the file if it is there"),
  },
  async run({ output, nowMs }, { release, budget, start, face, out, force, ...asked }) {
    if (out !== undefined) checkOutFile(out, force);
    const { campaign, expectations } = await draftFromFolder(release, (currency, rewardWeights) => ({
      ...asked,
      rewardWeights,
      budgetMinor: minorInCurrency(budget, currency, "--budget"),
      startMs: start ?? periodAt("day", asked.timeZone, nowMs()).endMs,
      faces: new Map(face.map(([arm, amount]) => [arm, minorInCurrency(amount, currency, "--face")])),
      nowMs: nowMs(),
    }));
    const yaml = campaignYaml(campaign, [`${campaign.id}: drafted for the release in ${release}.`, ...expectations]);
    if (out !== undefined) await writeFile(out, yaml);
    output.result({ out: out ?? null, expectations, yaml }, () =>
      out === undefined ? yaml.trimEnd() : [`${out} is written`, ...expectations].join("\n"),
    );
    return DONE;
  },
});
