// Mapping
// The file that tells what a log's columns mean: features, arm, propensity, rewards, redemption or cost.
// It is checked here as far as it can be without the data; dataset.ts checks it against the data.
//
// Invariants:
//   1. The control is the first arm and costs nothing; the order of the arms is the published one.
//   2. No column that tells what happened (arm, reward, redeemed, cost, propensity) is also a feature.
//   3. Every arm has a known propensity: a constant strictly inside (0, 1), or a column.

import { parseDocument } from "yaml";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { errorMessage } from "../../../domain/error-message.ts";
import { describeIssues } from "../../../domain/reading/issues.ts";
import { must } from "../../../domain/assert.ts";
import { minorPerMajor } from "../../../domain/money/currency.ts";
import { csvOptionsOf } from "../log/format.ts";
import { checkMatches, matchOf } from "./arm-matches.ts";
import type { MappedArm, MappedFeature, MappedRedeemed, MappedReward, Mapping } from "./mapping-nouns.ts";
import { mappingSchema, type Written } from "./mapping-schema.ts";
import type { CostModel, Tasks } from "../../nouns.ts";
import type { NumberFormat } from "../values-sql.ts";

export type * from "./mapping-nouns.ts";

/** Default bound on the categories of a feature. */
export const MAX_CATEGORIES = 50;

/** Parses a mapping file's text (YAML or JSON). Errors name `where`, the field and what is wrong. */
export function parseMapping(source: string, where: string): Mapping {
  const document = parseDocument(source, { uniqueKeys: true });
  const broken = document.errors[0];
  if (broken)
    throw new InvalidInput(
      `${where}: not YAML, and so no mapping: ${broken.message.trim()}\nA mapping names columns of a log (features, treatment, ` +
        "rewards, …); examples/hillstrom.yaml is one, docs/DATA-LOG.md explains each field",
    );
  const written = plainOf(document, where);
  const result = mappingSchema.safeParse(written);
  if (!result.success) throw new InvalidInput(describeIssues(where, result.error, written));
  const problems: string[] = [];
  const mapping = toMapping(result.data, problems);
  problems.push(...clashes(mapping));
  if (problems.length > 0) throw new InvalidInput(problems.map((problem) => `${where}: ${problem}`).join("\n"));
  return mapping;
}

/** Throws where an alias stands for more than a file of this kind can mean. */
function plainOf(document: ReturnType<typeof parseDocument>, where: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new InvalidInput(`${where}: not YAML, and so no mapping: ${errorMessage(error)}`);
  }
}

/** The tasks that a mapping asks the model to learn. */
export function tasksOf(mapping: Mapping): Tasks {
  return {
    rewards: mapping.rewards.map(({ name, weight, kind: own }) => ({
      name,
      weight,
      // A count is learned as an amount is: whether, and how many.
      kind: own === "binary" ? own : "amount",
    })),
    cost: costModelOf(mapping),
    dose: mapping.arm.ordered ? mapping.arm.arms.map((arm) => must(arm.dose, `dose of ${arm.id}`)) : null,
  };
}

function costModelOf(mapping: Mapping): CostModel {
  const sendMinor = mapping.arm.arms.map((arm) => arm.sendMinor);
  if (mapping.cost) return { kind: "column" };
  if (!mapping.redeemed) return { kind: "constant", sendMinor };
  const { given } = mapping.redeemed;
  const index = mapping.rewards.findIndex((reward) => reward.name === given);
  // A purchase that came back whole is redeemed and worth nothing: above nothing alone does not tell who redeems.
  const isTold = index >= 0 && mapping.rewards[index]?.part === "whole";
  return {
    kind: "redeemed",
    faceMinor: mapping.arm.arms.map((arm) => arm.faceMinor),
    sendMinor,
    givenReward: isTold ? index : null,
  };
}

function toMapping(written: Written, problems: string[]): Mapping {
  const scale = written.amounts === "major" ? minorPerMajor(written.currency) : 1;
  const costScale = (written.cost?.amounts ?? written.amounts) === "major" ? minorPerMajor(written.currency) : 1;
  return {
    currency: written.currency,
    format: { encoding: written.encoding ?? null, csv: csvOptionsOf(written.csv) },
    numbers: numbersOf(written, problems),
    features: featuresOf(written, problems),
    arm: {
      column: written.arm.column,
      ordered: written.arm.ordered,
      strata: strataOf(written, problems),
      others: written.arm.others,
      arms: armsOf(written, scale, problems),
    },
    propensityColumn: typeof written.propensity === "object" ? written.propensity.column : null,
    overlap: typeof written.propensity === "object" ? written.propensity.overlap : "full",
    rewards: rewardsOf(written, problems),
    redeemed: redeemedOf(written, problems),
    cost: written.cost
      ? {
          column: written.cost.column,
          when: written.cost.when ?? null,
          toMinor: costScale,
          missingIsZero: written.cost.missing === "zero",
        }
      : null,
  };
}

function numbersOf({ decimal, thousands }: Written, problems: string[]): NumberFormat {
  if (decimal === thousands)
    problems.push(`thousands: ${decimal} cannot be both the decimal mark and between thousands`);
  return { decimal, thousands: thousands ?? null };
}

function featuresOf(written: Written, problems: string[]): MappedFeature[] {
  const features = Object.entries(written.features).map(([name, feature]) => ({
    name,
    column: feature.column ?? name,
    kind: feature.kind,
    default: feature.default ?? null,
    maxCategories: feature.maxCategories ?? MAX_CATEGORIES,
  }));
  const typeOf = { numeric: "number", boolean: "boolean", categorical: "string" } as const;
  if (features.length === 0) problems.push("features: name at least one");
  for (const feature of features)
    if (feature.default !== null && typeof feature.default !== typeOf[feature.kind])
      problems.push(`features.${feature.name}.default: a ${feature.kind} feature needs a ${typeOf[feature.kind]}`);
  return features;
}

function strataOf({ arm: { strata }, features }: Written, problems: string[]): readonly string[] {
  for (const name of strata)
    if (!Object.hasOwn(features, name)) problems.push(`arm.strata: no feature is named ${name}`);
  return strata;
}

function armsOf(written: Written, scale: number, problems: string[]): MappedArm[] {
  const propensities = propensitiesOf(written, problems);
  const arms = written.arm.arms.map((arm, index): MappedArm => {
    const at = `arm.arms.${index} (${arm.id})`;
    const faceMinor = toMinor(arm.face, scale, `${at}: face`, problems);
    const sendMinor = toMinor(arm.send, scale, `${at}: send`, problems);
    if (index === 0 && (faceMinor !== 0 || sendMinor !== 0))
      problems.push(`${at}: the first arm is the control and must cost nothing`);
    const dose = written.arm.ordered ? (arm.dose ?? faceMinor + sendMinor) : null;
    return {
      id: arm.id,
      match: matchOf(arm, at, problems),
      faceMinor,
      sendMinor,
      dose,
      propensity: propensities[index] ?? null,
    };
  });
  if (new Set(arms.map((arm) => arm.id)).size !== arms.length) problems.push("arm.arms: ids must differ");
  checkMatches(arms, problems);
  checkLadder(written, arms, problems);
  if (!written.redeemed && !written.cost)
    for (const arm of arms)
      if (arm.faceMinor > 0)
        problems.push(`arm ${arm.id}: has a face value, but the mapping names neither a redeemed nor a cost column`);
  return arms;
}

function checkLadder(written: Written, arms: readonly MappedArm[], problems: string[]): void {
  if (!written.arm.ordered) {
    if (written.arm.arms.some((arm) => arm.dose !== undefined))
      problems.push("arm.arms: a dose is only for ordered arms; set arm.ordered: true or leave it out");
    return;
  }
  arms.forEach((arm, index) => {
    const before = arms[index - 1];
    if (before && !((before.dose ?? 0) < (arm.dose ?? 0)))
      problems.push(`arm ${arm.id}: ordered arms need a rising dose (face + send, or a dose of their own)`);
  });
}

function propensitiesOf(written: Written, problems: string[]): readonly (number | null)[] {
  const { arms } = written.arm;
  const given = arms.filter((arm) => arm.propensity !== undefined);
  if (written.propensity !== undefined) {
    if (given.length > 0) problems.push("propensity: give it at the arms or at the top, not both");
    return arms.map(() => (written.propensity === "uniform" ? 1 / arms.length : null));
  }
  if (given.length !== arms.length) {
    problems.push("propensity: name it: `uniform`, `{ column: … }`, or a propensity at every arm");
    return arms.map(() => null);
  }
  for (const arm of given)
    if (!(arm.propensity! > 0 && arm.propensity! < 1))
      problems.push(`arm ${arm.id}: propensity ${arm.propensity} is outside (0, 1)`);
  const sum = given.reduce((total, arm) => total + arm.propensity!, 0);
  if (Math.abs(sum - 1) > 1e-3) problems.push(`propensity: the arms' propensities sum to ${sum.toFixed(4)}, not 1`);
  return arms.map((arm) => arm.propensity ?? null);
}

function rewardsOf(written: Written, problems: string[]): MappedReward[] {
  const rewards = Object.entries(written.rewards).flatMap(([name, reward]): MappedReward[] => {
    const whole = {
      name,
      column: reward.column ?? name,
      kind: reward.kind,
      weight: reward.weight,
      missingIsZero: reward.missing === "zero",
      part: "whole",
      atMost: reward.atMost ?? null,
      atLeast: reward.atLeast ?? null,
    } as const;
    if (reward.negative === undefined) return [whole];
    if (reward.kind !== "amount") problems.push(`rewards.${name}.negative: only an amount can be below nothing`);
    return [
      { ...whole, part: "above" },
      { ...whole, name: `${name} below 0`, weight: -whole.weight, part: "below" },
    ];
  });
  if (rewards.length === 0) problems.push("rewards: name at least one");
  if (rewards.length > 0 && rewards.every((reward) => reward.weight === 0))
    problems.push("rewards: every weight is 0, so nothing is worth anything");
  for (const reward of rewards)
    if (reward.kind !== "binary" && (reward.atMost !== null || reward.atLeast !== null))
      problems.push(`rewards.${reward.name}: atMost and atLeast are for a binary reward`);
    else if ((reward.atLeast ?? -Infinity) > (reward.atMost ?? Infinity))
      problems.push(`rewards.${reward.name}: no number is at least ${reward.atLeast} and at most ${reward.atMost}`);
  if (written.redeemed && written.cost)
    problems.push("cost: name a redeemed column or a cost column, not both: two costs of one row cannot both be right");
  return rewards;
}

function redeemedOf({ redeemed, rewards }: Written, problems: string[]): MappedRedeemed | null {
  if (!redeemed) return null;
  if ("column" in redeemed) {
    const given = redeemed.given ?? null;
    if (given !== null && !Object.hasOwn(rewards, given)) problems.push(`redeemed.given: no reward is named ${given}`);
    return { column: redeemed.column, missingIsZero: redeemed.missing === "zero", reward: null, given };
  }
  const reward = Object.hasOwn(rewards, redeemed.reward) ? rewards[redeemed.reward] : undefined;
  if (!reward) problems.push(`redeemed.reward: no reward is named ${redeemed.reward}`);
  else if (reward.kind !== "binary") problems.push(`redeemed.reward: ${redeemed.reward} is not a binary reward`);
  return {
    column: reward?.column ?? redeemed.reward,
    missingIsZero: reward?.missing === "zero",
    reward: redeemed.reward,
    given: redeemed.reward,
  };
}

/** A feature that is the arm, an outcome or the propensity itself would be known only after the decision. */
function clashes(mapping: Mapping): string[] {
  const taken: (readonly [string, string])[] = [
    [mapping.arm.column, "the arm"],
    ...mapping.rewards.map((reward) => [reward.column, `the reward ${reward.name}`] as const),
  ];
  if (mapping.propensityColumn !== null) taken.push([mapping.propensityColumn, "the propensity"]);
  if (mapping.redeemed) taken.push([mapping.redeemed.column, "redeemed"]);
  if (mapping.cost) taken.push([mapping.cost.column, "the cost"]);
  if (mapping.cost?.when) taken.push([mapping.cost.when, "the cost's condition"]);
  return mapping.features.flatMap((feature) =>
    taken
      .filter(([name]) => name === feature.column)
      .map(
        ([name, role]) =>
          `features.${feature.name}: column ${name} is also ${role}: the target leaks into the features`,
      ),
  );
}

function toMinor(value: number, scale: number, at: string, problems: string[]): number {
  const minor = Math.round(value * scale);
  if (value < 0) problems.push(`${at}: ${value} is a negative cost`);
  if (Math.abs(minor - value * scale) > 1e-6 * Math.max(1, Math.abs(minor)) || !Number.isSafeInteger(minor))
    problems.push(`${at}: ${value} is not a whole number of minor units${scale === 1 ? " (amounts: minor)" : ""}`);
  return minor;
}
