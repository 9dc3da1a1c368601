// Proof: what the checker and `stipend verify` find of a chaos run, and what became of its budgets.

import { must } from "../../../src/domain/assert.ts";
import type { Shell } from "../../cli/shell.ts";
import type { ChaosResult } from "../chaos-result.ts";
import type { Steered } from "../steering.ts";
import { check } from "./checker.ts";

type Proof = Pick<
  ChaosResult,
  | ("decisions" | "missing" | "doubled" | "unsound" | "overspend" | "budget" | "cuts" | "raises" | "unapplied")
  | ("over" | "verify" | "wrong")
>;

export async function proofOf(
  shell: Shell,
  steered: readonly Steered[],
  where: Omit<Parameters<typeof check>[0], "budgetMinor">,
): Promise<Proof> {
  const budgetMinor = must(steered.at(-1), "a last budget").budgetMinor;
  const found = await check({ ...where, budgetMinor });
  const { grantedOver, takenOver, takenAboveCut } = found.timeline;
  const verified = await shell.run("verify --json");
  const verify = verified.json[0] ?? { ok: false };
  return {
    decisions: found.decisions,
    missing: found.missing.length,
    doubled: found.doubled.length,
    unsound: found.unsound.length,
    overspend: found.overspendMinor,
    budget: { minor: budgetMinor, spent: found.spentMinor, held: found.heldMinor },
    cuts: { ...timesOf(steered, true), belowOut: found.timeline.cutsBelowOut },
    raises: timesOf(steered, false),
    unapplied: steered.filter(({ tookMs }) => tookMs === null).length,
    over: { grantedOver, takenOver, takenAboveCut },
    verify: { ok: verify["ok"] === true, violations: Number(verify["violationsInAll"] ?? 0) },
    wrong: [
      ...found.missing.slice(0, 5).map((id) => `missing ${id}`),
      ...found.doubled.slice(0, 5).map((id) => `doubled ${id}`),
      ...found.unsound.slice(0, 5),
      ...found.timeline.wrong.slice(0, 5),
      ...(verify["ok"] === true ? [] : [JSON.stringify(verify).slice(0, 1_500) + verified.err.slice(-500)]),
    ],
  };
}

function timesOf(
  steered: readonly Steered[],
  cuts: boolean,
): { readonly count: number; readonly tookMs: readonly number[] } {
  const these = steered.filter(({ isCut }) => isCut === cuts);
  return { count: these.length, tookMs: these.flatMap(({ tookMs }) => tookMs ?? []) };
}
