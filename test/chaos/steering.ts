// The steering of a chaos run's budget: `stipend pacing set-budget --wait`, as an operator types it, one after the other.
// What was not answered is asked for again with the same command id, so that it is never done twice. What comes to its turn
// when the next is due already is left out: an operator who has waited so long asks for what is wanted now.

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Shell } from "../cli/shell.ts";
import type { BudgetChange } from "./schedule.ts";

export interface Steered {
  readonly budgetMinor: number;
  readonly isCut: boolean;
  /** From the first asking until the acknowledgement of every partition; null: given up. */
  readonly tookMs: number | null;
  /** Times that it was asked for again. */
  readonly again: number;
}

const ONCE_MS = 20_000;
const AGAIN_MS = 200;

export interface SteeringOf {
  readonly shell: Shell;
  readonly campaign: string;
  /** In order; the first is what the campaign has. */
  readonly plan: readonly BudgetChange[];
  readonly elapsedMs: () => number;
  readonly longestMs: number;
  readonly say: (line: string) => void;
}

export async function steerBudget(of: SteeringOf): Promise<readonly Steered[]> {
  const { shell, campaign, plan, elapsedMs, longestMs, say } = of;
  const steered: Steered[] = [];
  let inForce = plan[0]?.budgetMinor ?? 0;
  for (const [index, { atMs, budgetMinor }] of plan.entries()) {
    if (index === 0 || (plan[index + 1]?.atMs ?? Infinity) < elapsedMs()) continue;
    await sleep(Math.max(0, atMs - elapsedMs()));
    const command = `pacing set-budget --campaign ${campaign} --budget ${budgetMinor} --command-id chaos-${index}`;
    const { tookMs, again } = await insist(shell, `${command} --wait --timeout ${ONCE_MS}ms --json`, longestMs);
    const isCut = budgetMinor < inForce;
    inForce = budgetMinor;
    steered.push({ budgetMinor, isCut, tookMs, again });
    const applied = tookMs === null ? `not applied everywhere in ${longestMs} ms` : `applied in ${tookMs} ms`;
    say(`${(atMs / 1_000).toFixed(1)} s  budget ${isCut ? "cut" : "raised"} to ${budgetMinor}, ${applied}`);
  }
  return steered;
}

async function insist(shell: Shell, line: string, longestMs: number): Promise<Pick<Steered, "tookMs" | "again">> {
  const startedAt = performance.now();
  for (let again = 0; ; again += 1) {
    const { code } = await shell.run(line);
    const tookMs = Math.round(performance.now() - startedAt);
    if (code === 0) return { tookMs, again };
    if (tookMs > longestMs) return { tookMs: null, again };
    await sleep(AGAIN_MS);
  }
}
