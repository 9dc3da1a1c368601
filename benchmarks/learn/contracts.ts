// Contracts benchmark
// What a training and a new plan may cost, whatever the size of the log:
//   training  `stipend train` with its defaults on logs of the synthetic world, each in a process of its own: seconds,
//             processor seconds, largest memory (aims: 64,000 rows in 100 s; 5,000,000 in 15 min and 2 GiB)
//   plan      a new plan by groups from what a log of ten million rows says of 100 groups and eight arms (aim: 10 s).
//             Peer in the same run: the program user by user, by the greedy way along each user's hull, at 10⁴ … 10⁷ rows
//
//   npm run bench:contracts -- [--quick] [--json] [--rows 64000,5000000] [--users 10000,100000,1000000,10000000]
//
// Not measured: reading the log for the program user by user, which has to see each user's predictions; other machines.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { listOf, runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asInteger } from "../../src/settings/parse.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { envelope } from "../../src/learn/plan/envelope.ts";
import { PLAN_OPTIONS, solvePlans } from "../../src/learn/plan/plan.ts";
import { createWorld } from "../../src/simulate/world/world.ts";
import { mappingText, writeLog } from "../../src/simulate/world/world-log.ts";
import { madeUpValues } from "./plan.ts";

interface TrainingFigures extends Spent {
  readonly rows: number;
  readonly gibibytes: number;
}

interface ProgramFigures extends Spent {
  readonly users: number;
}

interface Spent {
  readonly seconds: number;
  /** What a busy machine does not change. */
  readonly processorSeconds: number;
}

export interface Contracts {
  readonly trainings: readonly TrainingFigures[];
  readonly plan: Spent & { readonly loggedRows: number; readonly clusters: number; readonly arms: number };
  readonly userByUser: readonly ProgramFigures[];
}

const [CLUSTERS, ARMS, LOGGED] = [100, 8, 10_000_000];

const FULL = { rows: [64_000, 5_000_000], users: [10_000, 100_000, 1_000_000, 10_000_000] };
const QUICK = { rows: [], users: [10_000, 100_000] };

export async function benchmarkContracts(
  { rows, users }: { readonly rows: readonly number[]; readonly users: readonly number[] },
  tell: (text: string) => void,
): Promise<Contracts> {
  const plan = await measurePlan();
  tell(`plan by groups: ${told(plan)}`);
  const userByUser: ProgramFigures[] = [];
  for (const count of users) {
    userByUser.push(measureUserByUser(count));
    tell(`user by user, ${count.toLocaleString("en")} users: ${told(userByUser.at(-1)!)}`);
  }
  const trainings: TrainingFigures[] = [];
  for (const count of rows) {
    trainings.push(await measureTraining(count, tell));
    tell(JSON.stringify(trainings.at(-1)));
  }
  return { trainings, plan, userByUser };
}

/** What the program needs of a log does not grow with it: each group's values and how well they are known. */
async function measurePlan(): Promise<Contracts["plan"]> {
  const values = { ...madeUpValues(CLUSTERS, ARMS, 1), sessions: LOGGED };
  const start = now();
  await solvePlans({ ...values, options: PLAN_OPTIONS, seed: 1, progress: () => undefined });
  return { loggedRows: LOGGED, clusters: CLUSTERS, arms: ARMS, ...since(start) };
}

/** Eight arms of rising cost, each user with a strength and a half point of their own; all budgets at once, as the plan. */
function measureUserByUser(users: number): ProgramFigures {
  const random = seededRandom(`users ${users}`);
  const reward = new Float32Array(users * ARMS);
  const cost = new Float32Array(users * ARMS);
  for (let user = 0; user < users; user += 1) {
    const [strength, half, redeems] = [random.unit(), 1 + 6 * random.unit(), 0.05 * random.unit()];
    for (let arm = 1; arm < ARMS; arm += 1) {
      reward[user * ARMS + arm] = (strength * arm) / (arm + half);
      cost[user * ARMS + arm] = redeems * arm;
    }
  }
  const start = now();
  envelope({ n: users, arms: ARMS, reward, cost, weight: null });
  return { users, ...since(start) };
}

async function measureTraining(rows: number, tell: (text: string) => void): Promise<TrainingFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), "stipend-contracts-"));
  try {
    const world = createWorld({ seed: 1 });
    const [log, mapping] = ["log.parquet", "mapping.yaml"].map((name) => path.join(folder, name));
    tell(`writing ${rows.toLocaleString("en")} rows`);
    await writeLog(world, { rows, seed: 1, file: log! });
    await writeFile(mapping!, mappingText(world));
    const main = path.join(import.meta.dirname, "train-usage.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [main, log!, mapping!], { maxBuffer: 1e8 });
    return { rows, ...(JSON.parse(stdout) as Omit<TrainingFigures, "rows">) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Moment {
  readonly wallMs: number;
  readonly processor: NodeJS.CpuUsage;
}

function now(): Moment {
  return { wallMs: performance.now(), processor: process.cpuUsage() };
}

function since({ wallMs, processor }: Moment): Spent {
  const { user, system } = process.cpuUsage(processor);
  return { seconds: (performance.now() - wallMs) / 1000, processorSeconds: (user + system) / 1e6 };
}

function told({ seconds, processorSeconds }: Spent): string {
  return `${seconds.toFixed(2)} s, ${processorSeconds.toFixed(2)} s of the processor`;
}

function print({ trainings, plan, userByUser }: Contracts): void {
  const count = (of: number): string => of.toLocaleString("en").padStart(12);
  console.log(`load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} processors`);
  for (const training of trainings)
    console.log(`train ${count(training.rows)} rows   ${told(training)}, ${training.gibibytes.toFixed(2)} GiB at most`);
  const { clusters, arms, loggedRows } = plan;
  console.log(`plan  ${count(loggedRows)} rows   ${told(plan)} (by groups: ${clusters} × ${arms}, whatever the rows)`);
  for (const each of userByUser) console.log(`      ${count(each.users)} users  ${told(each)}, user by user`);
}

const COUNTS = listOf(asInteger({ min: 1 }));

await runScript(
  import.meta.url,
  {
    name: "bench:contracts",
    summary: "what a training and a new plan may cost, whatever the size of the log",
    options: {
      ...USUAL,
      rows: option("a,b,…", "sizes of the logs that are learned from", COUNTS),
      users: option("a,b,…", "numbers of users that are decided one by one", COUNTS),
    },
  },
  async ({ quick, json, rows, users }) => {
    const base = quick ? QUICK : FULL;
    const asked = { rows: rows ?? base.rows, users: users ?? base.users };
    const found = await benchmarkContracts(asked, (told) => process.stderr.write(`${told}\n`));
    if (json) console.log(JSON.stringify({ node: process.version, load: loadavg()[0], ...found }));
    else print(found);
  },
);
