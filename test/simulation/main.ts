// Simulate: plays seeded days of the whole system and says whether any law was broken in any of them.
//
//   npm run simulate -- --runs 10000
//   npm run simulate -- --runs 1 --seed 4711        the same day again

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { withDefault } from "../../src/cli/options.ts";
import { asInteger } from "../../src/settings/parse.ts";
import type { RunResult } from "./run.ts";
import { noFaultCounts, FAULTS, type FaultKind } from "./tally.ts";

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

await runScript(
  import.meta.url,
  {
    name: "simulate",
    summary:
      "Plays seeded days of allocators, treasurer, log, clocks and messages in one process, with faults, and audits each. " +
      "Ends with 0 when no law was broken, and with 1 when one was: its seed is printed.",
    options: {
      runs: withDefault("number", "how many days", asInteger({ min: 1 }), 1_000),
      seed: withDefault("number", "seed of the first; the others follow", asInteger({ min: 0 }), 1),
      workers: withDefault(
        "number",
        "threads; by itself one for each core",
        asInteger({ min: 1 }),
        availableParallelism(),
      ),
      json: USUAL.json,
    },
  },
  async ({ json, ...asked }) => {
    const watched = process.stderr.isTTY;
    const told = (done: number): void => {
      if (watched && done % 50 === 0) process.stderr.write(`\r${done} of ${asked.runs} days`);
    };
    const summary = await simulate(asked, told);
    if (watched) process.stderr.write("\r\u001b[K");
    console.log(json ? JSON.stringify(summary) : text(summary));
    return summary.violations === 0 && summary.overspend === 0 ? 0 : 1;
  },
);
