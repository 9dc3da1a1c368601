// Fuzz: puts hostile records on every topic of each log and says whether anything ended by it.
//
//   npm run fuzz -- --minutes 10 --seed 7 --json

import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { startBroker } from "../../fixtures/broker.ts";
import { listOf, runScript, USUAL } from "../../fixtures/script.ts";
import { withDefault } from "../../src/cli/options.ts";
import { asNumber, asOneOf, asText } from "../../src/settings/parse.ts";
import { fuzz, noResult, type FuzzResult } from "./fuzz.ts";
import { embeddedGround, kafkaGround, registryGround, simulatedGround, type Ground } from "./grounds.ts";

const LOGS = ["simulated", "registry", "embedded", "kafka"] as const;
const GROUNDS = { simulated: simulatedGround, registry: registryGround, embedded: embeddedGround } as const;
type LogName = (typeof LOGS)[number];

interface Asked {
  readonly minutes: number;
  readonly seed: string;
  readonly logs: readonly LogName[];
  readonly json: boolean;
}

const DAY_MS = 86_400_000;

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

async function main({ minutes, seed, logs, json }: Asked): Promise<number> {
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

await runScript(
  import.meta.url,
  {
    name: "fuzz",
    summary:
      "Puts hostile records on every topic of an allocator's log, with good ones among them. Ends with 0 when no task failed " +
      "and every good record was decided, and with 1 otherwise.",
    options: {
      minutes: withDefault("minutes", "how long, shared by the logs", asNumber({ min: 0.01 }), 1),
      seed: withDefault("text", "the same records again", asText, "1"),
      logs: withDefault(
        "simulated,registry,embedded,kafka",
        "which logs; registry is the simulated one with a schema registry, kafka starts a broker of its own",
        listOf(asOneOf(LOGS)),
        LOGS,
      ),
      json: USUAL.json,
    },
  },
  async (asked) => {
    // What a log waits by keeps no process alive by itself.
    const alive = setInterval(() => undefined, 1_000);
    try {
      return await main(asked);
    } finally {
      clearInterval(alive);
    }
  },
);
