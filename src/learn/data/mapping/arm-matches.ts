// Arm matches: which values of the arm column are which arm; no value may be two arms. Pure.

import { valueKey } from "../../../domain/reading/values.ts";
import type { ArmMatch } from "./mapping-nouns.ts";
import type { Written } from "./mapping-schema.ts";

export function matchOf(arm: Written["arm"]["arms"][number], at: string, problems: string[]): ArmMatch {
  const ranged = arm.from !== undefined || arm.below !== undefined;
  if (ranged && arm.value !== undefined) problems.push(`${at}: give either value or from/below, not both`);
  // Null and "" say the same: no value is this arm.
  if (!ranged) return { value: valueKey(arm.value === undefined ? arm.id : arm.value) };
  const from = arm.from ?? -Infinity;
  const below = arm.below ?? Infinity;
  if (!(from < below)) problems.push(`${at}: from must be less than below`);
  return { from, below };
}

export function checkMatches(
  arms: readonly { readonly id: string; readonly match: ArmMatch }[],
  problems: string[],
): void {
  const values = arms.flatMap(({ match }) => ("value" in match ? [match.value] : []));
  if (new Set(values).size !== values.length) problems.push("arm.arms: values must differ");
  arms.forEach((one, index) => {
    for (const other of arms.slice(index + 1))
      if (overlap(one.match, other.match))
        problems.push(
          `arm.arms: ${one.id} and ${other.id} have numbers in common: which arm such a row got cannot be told`,
        );
  });
}

/** A range with a range, or with a value that is a number. */
function overlap(one: ArmMatch, other: ArmMatch): boolean {
  if ("value" in one && "value" in other) return false;
  const [a, b] = [rangeOf(one), rangeOf(other)];
  return a.from < b.below && b.from < a.below;
}

function rangeOf(match: ArmMatch): { readonly from: number; readonly below: number } {
  if (!("value" in match)) return match;
  const number = match.value === null || match.value.trim() === "" ? Number.NaN : Number(match.value);
  // As wide as nothing: what begins at it holds it, what ends at it does not.
  return { from: number, below: number + Math.abs(number) * Number.EPSILON + Number.MIN_VALUE };
}
