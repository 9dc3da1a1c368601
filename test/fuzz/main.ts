// Fuzz: puts hostile records on every topic of each log and says whether anything ended by it.
//
//   npm run fuzz -- --minutes 10 --seed 7 --json

import { parseArgs } from "node:util";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { startBroker } from "../../fixtures/broker.ts";
import { fuzz, noResult, type FuzzResult } from "./fuzz.ts";
import { embeddedGround, kafkaGround, registryGround, simulatedGround, type Ground } from "./grounds.ts";

const HELP = `Puts hostile records on every topic of an allocator's log, with good ones among them.

  npm run fuzz -- [--minutes M] [--seed S] [--logs simulated,registry,embedded,kafka] [--json]

  --minutes M   how long, shared by the logs (1)
  --seed S      the same records again (1)
  --logs L      which logs (all; registry is the simulated one with a schema registry, kafka starts a broker of its own)
  --json        one object on the standard output

Exit code 0: no task failed and every good record was decided; 1: something ended or was left undecided; 2: wrong use.`;

const LOGS = ["simulated", "registry", "embedded", "kafka"] as const;
const GROUNDS = { simulated: simulatedGround, registry: registryGround, embedded: embeddedGround } as const;
type LogName = (typeof LOGS)[number];
const DAY_MS = 86_400_000;

class WrongUse extends Error {}

function asked() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      logs: { type: "string", default: LOGS.join(",") },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new WrongUse(`--minutes: expected a number above 0, got "${values.minutes}"`);
  const logs = values.logs.split(",");
  const odd = logs.find((name) => !LOGS.includes(name as LogName));
  if (odd !== undefined) throw new WrongUse(`--logs: there are ${LOGS.join(", ")}, got "${odd}"`);
  return { ...values, minutes, logs: logs as LogName[] };
}

async function fuzzed(name: LogName, seed: string, ms: number): Promise<FuzzResult> {
  const random = seededRandom(`fuzz/${seed}/${name}`);
  // Days pass where nobody else's clock is asked, so that windows end and what is old goes.
  let aheadMs = 0;
  const clock = (): number => Date.now() + aheadMs;
  const broker = name === "kafka" ? await startBroker() : null;
  let ground: Ground | null = null;
  try {
    ground =
      name === "kafka"
        ? await kafkaGround(must(broker, "a broker").brokers, "fuzz.", clock, random.fork("packing"))
        : await GROUNDS[name](clock);
    const until = performance.now() + ms;
    return await fuzz({
      ground,
      random,
      nowMs: clock,
      forward: () => void (aheadMs += name === "kafka" ? 0 : DAY_MS),
      isOver: () => performance.now() >= until,
    });
  } finally {
    await ground?.close();
    await broker?.stop();
  }
}

function added(into: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) into[name] = (into[name] ?? 0) + count;
}

async function main(): Promise<number> {
  const { minutes, seed, logs, json, help } = asked();
  if (help) {
    console.log(HELP);
    return 0;
  }
  const total = noResult();
  const byLog: Record<string, Pick<FuzzResult, "records" | "rounds" | "rssMiB" | "refusedAtSend">> = {};
  for (const name of logs) {
    const result = await fuzzed(name, seed, (minutes * 60_000) / logs.length);
    const { records, rounds, rssMiB, refusedAtSend } = result;
    byLog[name] = { records, rounds, rssMiB, refusedAtSend };
    added(total.byKind, result.byKind);
    added(total.deadLetters, result.deadLetters);
    for (const field of [
      "records",
      "refusedAtSend",
      "good",
      "undecided",
      "unanswered",
      "failedTasks",
      "restores",
      "rounds",
    ] as const)
      total[field] += result[field];
    total.rssMiB = Math.max(total.rssMiB, rssMiB);
    total.findings.push(...result.findings.map((text) => `${name}: ${text}`));
  }
  const bad = total.failedTasks + total.undecided + total.unanswered + total.findings.length > 0;
  console.log(json ? JSON.stringify({ seed, minutes, ...total, byLog }) : text(total, byLog));
  return bad ? 1 : 0;
}

function text(total: FuzzResult, byLog: object): string {
  const table = (title: string, rows: Readonly<Record<string, number>>): string[] => [
    title,
    ...Object.entries(rows).map(([name, count]) => `  ${name.padEnd(20)} ${String(count).padStart(9)}`),
  ];
  const { findings, byKind, deadLetters, ...counts } = total;
  return [
    ...table("in all", counts),
    ...table("hostile records", byKind),
    ...table("dead letters", deadLetters),
    JSON.stringify(byLog),
    ...findings,
  ].join("\n");
}

// What a log waits by keeps no process alive by itself.
const alive = setInterval(() => undefined, 1_000);
try {
  process.exitCode = await main();
} catch (error) {
  const isUse = error instanceof WrongUse || (error instanceof TypeError && "code" in error);
  console.error(isUse ? `fuzz: ${error.message}\n\n${HELP}` : error);
  process.exitCode = isUse ? 2 : 1;
} finally {
  clearInterval(alive);
}
