// Leaks
// Looks for features that could only be known after the decision: ones that tell an outcome, or the arm, too well.
// A feature that predicts a target almost perfectly is refused; one that gives it away for some users is a warning.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { featureWidth, type FeatureSpec } from "../../domain/session/features.ts";
import { groupsOf, type FeatureGroups } from "../data/feature-groups.ts";
import type { Mapping } from "../data/mapping/mapping.ts";
import type { Block } from "../nouns.ts";

/** Area under the ROC curve from which a feature alone is a leak (refused), and from which it is suspicious. */
const AUC_REFUSED = 0.99;
const AUC_WARNED = 0.9;
/** A group of users of at least this size, all of whom have the target. */
const CERTAIN_ROWS = 30;
const CERTAIN_SHARE = 0.98;
/** Expected and not one seen: such users cannot have the target. */
const NEVER_EXPECTED = 50;
/** Positives below which nothing can be said. */
const FEW = 50;

const DOUBTS = {
  outcome: "is it recorded after the decision?",
  arm: "is it recorded after the decision, or was the arm not drawn alike for all (then give a propensity column)?",
} as const;

interface Target {
  readonly name: string;
  readonly column: string;
  readonly role: "outcome" | "arm";
  readonly value: (row: number) => boolean;
}

/** Warnings, each with its column; throws an InvalidInput for a feature that is the target in other words. */
export function findLeaks(
  block: Block,
  dataset: { readonly spec: FeatureSpec; readonly width: number },
  mapping: Mapping,
): string[] {
  const warnings: string[] = [];
  const targets = targetsOf(block, mapping);
  let offset = 0;
  dataset.spec.features.forEach((feature, index) => {
    const column = mapping.features[index]?.column ?? feature.name;
    const groups = groupsOf(block, dataset.width, offset, feature);
    for (const target of targets) {
      const found = judge(groups, block.n, target);
      const told = `column ${column}: ${found?.told}: ${DOUBTS[target.role]}`;
      if (found?.refused === true) throw new InvalidInput(`data: ${told} The target leaks into the features.`);
      if (found) warnings.push(told);
    }
    offset += featureWidth(feature);
  });
  return warnings;
}

function targetsOf(block: Block, mapping: Mapping): Target[] {
  const rewards = mapping.rewards.length;
  const targets: Target[] = mapping.rewards.map((reward, index) => ({
    name: `the reward ${reward.name}`,
    column: reward.column,
    role: "outcome",
    value: (row) => block.rewards[row * rewards + index]! > 0,
  }));
  if (mapping.redeemed && !targets.some((target) => target.column === mapping.redeemed?.column))
    targets.push({
      name: "redeemed",
      column: mapping.redeemed.column,
      role: "outcome",
      value: (row) => block.redeemed?.[row] === 1,
    });
  // Where a policy chose by the features they may well tell the arm; where a coin did, they may not.
  if (mapping.propensityColumn === null)
    mapping.arm.arms.forEach((arm, index) => {
      targets.push({
        name: `the arm ${arm.id}`,
        column: mapping.arm.column,
        role: "arm",
        value: (row) => block.arm[row] === index,
      });
    });
  return targets;
}

function judge(groups: FeatureGroups, n: number, target: Target): { told: string; refused: boolean } | null {
  const total = new Float64Array(groups.count);
  const hits = new Float64Array(groups.count);
  for (let row = 0; row < n; row += 1) {
    const group = groups.of[row]!;
    total[group]! += 1;
    if (target.value(row)) hits[group]! += 1;
  }
  const positives = hits.reduce((sum, value) => sum + value, 0);
  const base = positives / n;
  if (positives < FEW || n - positives < FEW) return null;
  const auc = areaUnderCurve(total, hits, positives, n);
  if (auc >= AUC_REFUSED)
    return { told: `tells ${target.name} almost perfectly (AUC ${auc.toFixed(3)} on ${n} rows)`, refused: true };
  if (auc >= AUC_WARNED)
    return { told: `tells ${target.name} suspiciously well (AUC ${auc.toFixed(3)} on ${n} rows)`, refused: false };
  return certainGroup(groups, total, hits, base, target);
}

function certainGroup(
  groups: FeatureGroups,
  total: Float64Array,
  hits: Float64Array,
  base: number,
  target: Target,
): { told: string; refused: boolean } | null {
  for (let group = 0; group < groups.count; group += 1) {
    const rows = total[group]!;
    const share = hits[group]! / rows;
    if (base <= 0.5 && rows >= CERTAIN_ROWS && share >= CERTAIN_SHARE)
      return { told: `${hits[group]} of ${rows} rows with ${groups.name(group)} have ${target.name}`, refused: false };
    if (rows * base >= NEVER_EXPECTED && hits[group] === 0)
      return { told: `none of ${rows} rows with ${groups.name(group)} has ${target.name}`, refused: false };
  }
  return null;
}

/** Of the groups' own rates as a score. */
function areaUnderCurve(total: Float64Array, hits: Float64Array, positives: number, n: number): number {
  const order = Array.from(total.keys())
    .filter((group) => total[group]! > 0)
    .toSorted((a, b) => hits[a]! / total[a]! - hits[b]! / total[b]!);
  let negativesBelow = 0;
  let area = 0;
  for (const group of order) {
    const negatives = total[group]! - hits[group]!;
    area += hits[group]! * (negativesBelow + negatives / 2);
    negativesBelow += negatives;
  }
  return area / (positives * (n - positives));
}
