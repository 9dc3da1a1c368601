// Simulate: plays seeded days of the whole system and says whether any law was broken in any of them.
//
//   npm run simulate -- --runs 10000
//   npm run simulate -- --runs 1 --seed 4711        the same day again

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { RunResult } from "./run.ts";
import { noFaultCounts, FAULTS, type FaultKind } from "./tally.ts";

const HELP = `Plays seeded days of allocators, treasurer, log, clocks and messages in one process, with faults, and audits each.

  npm run simulate -- [--runs N] [--seed S] [--workers W] [--json]

  --runs N      how many days (1000)
  --seed S      seed of the first; the others follow (1)
  --workers W   threads (one for each core)
  --json        one object on the standard output

Example: npm run simulate -- --runs 10000 --json
Exit code 0: no law was broken; 1: one was, and its seed is printed; 2: wrong use.`;

interface Summary {
  readonly runs: number;
  readonly sessions: number;
  readonly commits: number;
  /** Days whose crash-free replay was compared, byte for byte. */
  readonly replayed: number;
  /** Minor units, over all runs. */
  readonly overspend: number;
  readonly violations: number;
  readonly expected: { readonly campaigns: number; readonly passed: number };
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly seconds: number;
  readonly workers: number;
  /** The first finding of each run that had one, at most 20. */
  readonly failures: readonly {
    readonly seed: number;
    readonly law: string;
    readonly place: string;
    readonly detail: string;
  }[];
}

interface Asked {
  readonly runs: number;
  readonly seed: number;
  readonly workers: number;
  readonly json: boolean;
}

class WrongUse extends Error {}

function asked(): Asked | null {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const count = (name: "runs" | "seed" | "workers", least: number): number => {
    const value = /^\d+$/.test(values[name]) ? Number(values[name]) : NaN;
    if (!(Number.isSafeInteger(value) && value >= least))
      throw new WrongUse(`--${name}: expected an integer of at least ${least}, got "${values[name]}"`);
    return value;
  };
  return { runs: count("runs", 1), seed: count("seed", 0), workers: count("workers", 1), json: values.json };
}

async function simulate({ runs, seed, workers }: Asked, told: (done: number) => void): Promise<Summary> {
  const startedMs = performance.now();
  const threads = Math.min(workers, runs);
  const results: RunResult[] = [];
  await Promise.all(
    Array.from({ length: threads }, (_, index) =>
      eachResult({ from: seed + index, to: seed + runs, step: threads }, (result) => {
        results.push(result);
        told(results.length);
      }),
    ),
  );
  const faults = noFaultCounts();
  for (const result of results) for (const kind of FAULTS) faults[kind] += result.faults[kind];
  const sum = (of: (result: RunResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    runs: results.length,
    sessions: sum((result) => result.sessions),
    commits: sum((result) => result.commits),
    replayed: sum((result) => Number(result.replayed)),
    overspend: sum((result) => result.overspendMinor),
    violations: sum((result) => result.violations),
    expected: {
      campaigns: sum((result) => result.expected.campaigns),
      passed: sum((result) => result.expected.passed),
    },
    faults,
    seconds: Math.round(performance.now() - startedMs) / 1_000,
    workers: threads,
    failures: results
      .filter((result) => result.violations > 0)
      .toSorted((a, b) => a.seed - b.seed)
      .slice(0, 20)
      .map(({ seed: failed, findings: [first] }) => ({
        seed: failed,
        law: first?.law ?? "",
        place: first?.place ?? "",
        detail: first?.detail ?? "",
      })),
  };
}

function eachResult(workerData: object, take: (result: RunResult) => void): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.on("message", take);
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}

function text(summary: Summary): string {
  const { runs, sessions, commits, replayed, seconds, overspend, violations, expected, faults, failures } = summary;
  const lines = [
    `${runs} days, ${sessions} sessions, ${commits} commits and sends in ${seconds} s (${(runs / seconds).toFixed(1)} days a second)`,
    `overspend ${overspend}   violations ${violations}   ${replayed} days replayed without crashes`,
    `of ${expected.campaigns} campaigns under \`expected\`, ${expected.passed} spent more than their budget`,
    "",
    "faults",
    ...FAULTS.map((kind) => `  ${kind.replaceAll("_", " ").padEnd(26)} ${String(faults[kind]).padStart(9)}`),
  ];
  for (const { seed, law, place, detail } of failures)
    lines.push("", `seed ${seed}: ${law}: ${place}: ${detail}`, `  npm run simulate -- --runs 1 --seed ${seed}`);
  return lines.join("\n");
}

async function main(): Promise<number> {
  const options = asked();
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const watched = process.stderr.isTTY;
  const told = (done: number): void => {
    if (watched && done % 50 === 0) process.stderr.write(`\r${done} of ${options.runs} days`);
  };
  const summary = await simulate(options, told);
  if (watched) process.stderr.write("\r\u001b[K");
  console.log(options.json ? JSON.stringify(summary) : text(summary));
  return summary.violations === 0 && summary.overspend === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUse = error instanceof WrongUse || (error instanceof TypeError && "code" in error);
  console.error(isUse ? `simulate: ${error.message}\n\n${HELP}` : error);
  process.exitCode = isUse ? 2 : 1;
}
