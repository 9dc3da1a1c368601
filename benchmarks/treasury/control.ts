// Control benchmark
// How long a pacing command takes until every partition has applied it: three `stipend run` on a real broker, under a steady
// load of sessions and outcomes; commands of every kind in turn, one after the other, at random moments.
//
//   npm run bench:control -- [--quick] [--json] [--brokers 3]
//
//   applied   from when the command is given until the status is read by which every partition has its revision: what
//             `stipend pacing … --wait` waits for, by the same code. In it: asking where the answers end, sending, the
//             treasurer's cycle, a cycle of each shard, the treasurer's again, reading
//   accepted  the same, until the treasurer's answer is read
//   killed    an instance is killed (SIGKILL) and a command is given at once: what it had answers when others have taken
//             it over, after KAFKA_SESSION_TIMEOUT_MS; until then the partitions that are silent are told, one by one
//
// With --brokers 3 all of it twice, on one broker and on a cluster of three: the figures are `one` and `three` then.
// Left out: the start of the `stipend` process that gives the command, and its connection to the brokers.

import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { send } from "../../src/workflows/control/control.ts";
import { must } from "../../src/domain/assert.ts";
import type { PacingAction } from "../../src/domain/campaign/control.ts";
import { seededRandom } from "../../src/domain/random.ts";
import type { KafkaLog } from "../../src/log/kafka/log.ts";
import type { RunningBroker } from "../../fixtures/broker.ts";
import { BROKERS, onLog } from "../lib/on-broker.ts";
import { openCampaign } from "../lib/open-campaign.ts";
import { quantiles } from "../lib/quantile.ts";
import { SteadyLoad } from "../lib/steady-load.ts";
import { envOf, runCommand, ServingProcess, type ServingOptions } from "../lib/stipend.ts";
import { CAMPAIGN } from "../serve/serve-world.ts";

export interface ControlOptions {
  readonly partitions: number;
  readonly perSecond: number;
  readonly commands: number;
  readonly kills: number;
  readonly sessionTimeoutMs: number;
}

export interface Distribution {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly all: readonly number[];
}

export interface ControlFigures extends ControlOptions {
  readonly acceptedMs: Distribution;
  readonly appliedMs: Distribution;
  /** By kind of command. */
  readonly appliedMsByKind: Readonly<Record<string, number>>;
  readonly killed: {
    readonly acceptedMs: Distribution;
    readonly appliedMs: Distribution;
    /** For each kill: the partitions that had not answered when all others had. */
    readonly silent: readonly (readonly number[])[];
  };
}

export const QUICK: ControlOptions = {
  partitions: 6,
  perSecond: 100,
  commands: 14,
  kills: 1,
  sessionTimeoutMs: 6_000,
};
export const FULL: ControlOptions = {
  partitions: 6,
  perSecond: 200,
  commands: 105,
  kills: 10,
  sessionTimeoutMs: 6_000,
};

const INSTANCES = 3;
const PREFIX = "control.";
const USERS = 2_000;
const BETWEEN_MS = 400;
const LONGEST_MS = 120_000;

export async function benchmarkControl(options: ControlOptions, brokers = 1): Promise<ControlFigures> {
  return await onLog({ name: "control", prefix: PREFIX, brokers }, async ({ folder, broker, log }) => {
    const bench = new Bench(options, folder, broker, log);
    try {
      return await bench.all();
    } finally {
      await bench.end();
    }
  });
}

/** Each makes another revision: none asks for what there is. */
const KINDS: readonly ((round: number) => PacingAction)[] = [
  (round) => ({ kind: "set_budget", budgetMinor: 2_000_000n + BigInt(round), currency: "EUR" }),
  (round) => ({ kind: "set_curve", mode: round % 2 === 0 ? "even" : "asap", points: [] }),
  (round) => ({ kind: "set_caps", caps: [{ max: 2 + (round % 2), windowMs: 60_000 }] }),
  (round) => ({ kind: "set_exploration", share: 0.01 + 0.01 * (round % 2), budgetMinor: 100_000n }),
  () => ({ kind: "pause" }),
  () => ({ kind: "resume" }),
  (round) => ({ kind: "set_budget", budgetMinor: 1_500_000n + BigInt(round), currency: "EUR" }),
];

interface Timed {
  readonly kind: string;
  readonly acceptedMs: number;
  readonly appliedMs: number;
  readonly silent: readonly number[];
}

class Bench {
  readonly #options: ControlOptions;
  readonly #log: KafkaLog;
  readonly #folder: string;
  readonly #serving: readonly ServingOptions[];
  readonly #programs: ServingProcess[] = [];
  readonly #random = seededRandom("control");
  #commands = 0;

  constructor(options: ControlOptions, folder: string, broker: RunningBroker, log: KafkaLog) {
    this.#options = options;
    this.#folder = folder;
    this.#log = log;
    const { partitions, sessionTimeoutMs } = options;
    const on = { brokers: broker.brokers, prefix: PREFIX, partitions, sessionTimeoutMs };
    this.#serving = Array.from({ length: INSTANCES }, (_, index) => ({
      ...on,
      folder: path.join(folder, `stores-${index}`),
    }));
  }

  async all(): Promise<ControlFigures> {
    const { commands, kills, perSecond } = this.#options;
    await this.#setUp();
    const load = new SteadyLoad(this.#log, { users: USERS, perSecond, campaigns: null });
    await load.sendProfiles();
    await load.start();
    try {
      await this.#command();
      const quiet: Timed[] = [];
      for (let command = 0; command < commands; command += 1) quiet.push(await this.#command());
      const killed: Timed[] = [];
      for (let kill = 0; kill < kills; kill += 1) killed.push(await this.#withoutOne(kill % INSTANCES));
      return this.#figures(quiet, killed);
    } finally {
      await load.stop();
    }
  }

  async #setUp(): Promise<void> {
    const env = envOf(must(this.#serving[0], "an instance"));
    await runCommand(["topics", "create"], env);
    for (const options of this.#serving) this.#programs.push(new ServingProcess(options));
    await this.#shared();
    await openCampaign(this.#folder, env, { budgetMinor: 1_000_000n, explorationBudgetMinor: 100_000n });
  }

  /** One of the three is killed, a command is given, and another is started in its place. */
  async #withoutOne(index: number): Promise<Timed> {
    await must(this.#programs[index], "an instance").end("SIGKILL");
    const timed = await this.#command();
    this.#programs[index] = new ServingProcess(must(this.#serving[index], "an instance"));
    await this.#shared();
    return timed;
  }

  async #command(): Promise<Timed> {
    await sleep(this.#random.below(BETWEEN_MS));
    const number = this.#commands++;
    const action = must(KINDS[number % KINDS.length], "a kind")(Math.floor(number / KINDS.length));
    const request = { campaign: CAMPAIGN, action, actor: "bench", reason: null };
    const newId = (): string => `bench-${number}`;
    const startedMs = performance.now();
    let acceptedMs = Number.NaN;
    let silent: readonly number[] = [];
    const { signal } = new AbortController();
    const onNews = (news: { readonly silent: readonly number[] }): void => {
      if (Number.isNaN(acceptedMs)) acceptedMs = performance.now() - startedMs;
      if (news.silent.length > 0) silent = news.silent;
    };
    const { answer } = await send(this.#log, request, {
      nowMs: Date.now,
      newId,
      wait: true,
      timeoutMs: LONGEST_MS,
      signal,
      onNews,
    });
    if (answer?.outcome !== "applied")
      throw new Error(
        `${action.kind}: ${answer?.outcome ?? "no answer"} within ${LONGEST_MS} ms, ${silent.join()} silent`,
      );
    return { kind: action.kind, acceptedMs, appliedMs: performance.now() - startedMs, silent };
  }

  /** Until each has its share of the partitions, and together they have them all. */
  async #shared(): Promise<void> {
    const { partitions } = this.#options;
    const startedMs = performance.now();
    const share = Math.floor(partitions / INSTANCES);
    for (;;) {
      const shares = this.#programs.map(({ running }) => running);
      if (shares.every((own) => own.length >= share) && new Set(shares.flat()).size === partitions) return;
      if (performance.now() - startedMs > LONGEST_MS) throw new Error("the partitions are not shared out");
      await sleep(50);
    }
  }

  #figures(quiet: readonly Timed[], killed: readonly Timed[]): ControlFigures {
    const kinds = [...new Set(quiet.map(({ kind }) => kind))];
    const applied = (of: readonly Timed[]): Distribution => distribution(of.map(({ appliedMs }) => appliedMs));
    const accepted = (of: readonly Timed[]): Distribution => distribution(of.map(({ acceptedMs }) => acceptedMs));
    return {
      ...this.#options,
      acceptedMs: accepted(quiet),
      appliedMs: applied(quiet),
      appliedMsByKind: Object.fromEntries(
        kinds.map((kind) => [kind, applied(quiet.filter((each) => each.kind === kind)).p50]),
      ),
      killed: { acceptedMs: accepted(killed), appliedMs: applied(killed), silent: killed.map(({ silent }) => silent) },
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end("SIGKILL")));
  }
}

function distribution(values: readonly number[]): Distribution {
  const at = quantiles(values);
  const all = values.map(Math.round).toSorted((a, b) => a - b);
  return { p50: Math.round(at(0.5)), p99: Math.round(at(0.99)), max: Math.round(at(1)), all };
}

function textOf({
  commands,
  perSecond,
  acceptedMs,
  appliedMs,
  appliedMsByKind,
  killed,
  ...options
}: ControlFigures): string {
  const line = (name: string, { p50, p99, max }: Distribution): string =>
    `${name}  p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;
  return [
    `${INSTANCES} instances, ${options.partitions} partitions, ${perSecond} sessions/s, ${commands} commands`,
    line("accepted          ", acceptedMs),
    line("applied everywhere", appliedMs),
    `  ${Object.entries(appliedMsByKind)
      .map(([kind, p50]) => `${kind} ${p50}`)
      .join(", ")} (p50)`,
    `one of ${INSTANCES} killed, ${killed.silent.length} times (session time-out ${options.sessionTimeoutMs} ms)`,
    line("accepted          ", killed.acceptedMs),
    line("applied everywhere", killed.appliedMs),
    `  silent meanwhile: ${killed.silent.map((partitions) => partitions.join("+")).join(", ")}`,
  ].join("\n");
}

await runScript(
  import.meta.url,
  {
    name: "bench:control",
    summary: "how long a pacing command takes until every partition has applied it",
    options: { ...USUAL, brokers: BROKERS },
  },
  async ({ quick, json, brokers }) => {
    const options = quick ? QUICK : FULL;
    const one = await benchmarkControl(options);
    if (brokers === 3) {
      const three = await benchmarkControl(options, 3);
      console.log(json ? JSON.stringify({ one, three }) : `one broker\n${textOf(one)}\n\nthree\n${textOf(three)}`);
    } else console.log(json ? JSON.stringify(one) : textOf(one));
  },
);
