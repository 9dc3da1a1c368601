// Run: one seeded day, and everything that is demanded of it: that it goes on to its end, the auditor's laws, a clean
// `verify`, and, of every fourth seed (it costs as much again as the day), the same bytes without crashes.

import { verify } from "../../src/evaluate/verify/verify.ts";
import { audit } from "./audit/auditor.ts";
import { Findings, type Finding, type Law } from "./audit/findings.ts";
import { playDay } from "./day.ts";
import type { Seams } from "./machine/machine.ts";
import { replay } from "./replay.ts";
import type { FaultCounts } from "./tally.ts";

export interface RunResult {
  readonly seed: number;
  readonly sessions: number;
  readonly commits: number;
  readonly replayed: boolean;
  readonly overspendMinor: number;
  /** Campaigns under the reservation policy `expected`, and those of them that spent more than their budget. */
  readonly expected: { readonly campaigns: number; readonly passed: number };
  readonly violations: number;
  readonly laws: readonly Law[];
  /** The first of them. */
  readonly findings: readonly Finding[];
  readonly faults: FaultCounts;
}

const REPLAYED_EVERY = 4;

export async function runDay(seed: number, seams: Seams = {}): Promise<RunResult> {
  const findings = new Findings();
  const day = await playDay(seed, seams);
  for (const failure of day.failures) findings.add("alive", "a process ended", failure);
  if (!day.atRest) findings.add("alive", "the evening", `not at rest after ${day.rounds} rounds`);
  await audit(day, findings);
  if (seed % REPLAYED_EVERY === 0) await replay(day, seams, findings);
  const proof = await verify(day.log);
  for (const { law, topic, partition, offset, detail } of proof.violations)
    findings.add("verify", `${topic}/${partition} offset ${offset}`, `${law}: ${detail}`);
  return {
    seed,
    sessions: day.setting.sessions,
    commits: day.transactions.length,
    replayed: seed % REPLAYED_EVERY === 0,
    overspendMinor: findings.overspendMinor,
    expected: { campaigns: findings.expected.size, passed: [...findings.expected.values()].filter(Boolean).length },
    violations: findings.count,
    laws: [...findings.byLaw.keys()],
    findings: findings.list,
    faults: day.faults,
  };
}
