// The same commands with KAFKA_BROKERS set: topics, several workers that share the work, sending, deciding, steering, and
// the proof, on a real broker. Nothing in the commands knows that it is Kafka.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../../../src/settings/config.ts";
import { must } from "../../../../src/domain/assert.ts";
import { Cluster } from "../../../../src/log/kafka/client/cluster.ts";
import { createKafkaLog } from "../../../../src/log/kafka/log.ts";
import { withDefaults } from "../../../../src/log/kafka/settings.ts";
import { Program } from "../../../cli/programs/program-process.ts";
import { TOPICS } from "../../../../src/log/topics.ts";
import { openShell, type Ended, type Shell } from "../../../cli/shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../../../cli/small-campaign.ts";
import { isAlive } from "../../../is-alive.ts";
import { deleteTopics } from "../../delete-topics.ts";
import { theBroker } from "../../the-broker.ts";

const PARTITIONS = 4;

let shell: Shell;
let brokers: string;
const programs: Program[] = [];

beforeAll(async () => {
  brokers = (await theBroker()).brokers;
  const prefix = `cli${process.pid}.`;
  shell = openShell({
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: prefix,
    KAFKA_SESSION_TIMEOUT_MS: "6000",
    STIPEND_PARTITIONS: String(PARTITIONS),
  });
});

afterAll(async () => {
  for (const program of programs) await program.kill();
  await deleteTopics(must(shell.env["KAFKA_TOPIC_PREFIX"], "prefix"));
  shell.close();
});

/** Partitions of sessions that each worker says it runs, as it said it last. */
function shares(program: Program): number[][] {
  const latest = new Map<number, number[]>();
  for (const line of program.out.split("\n")) {
    if (!line.includes('"event":"tasks"')) continue;
    const { worker, serve } = JSON.parse(line) as { worker: number; serve?: number[] };
    if (serve !== undefined) latest.set(worker, serve);
  }
  return [...latest.values()];
}

function pidsOf(program: Program): number[] {
  return [...program.out.matchAll(/"event":"worker","worker":\d,"pid":(\d+)/g)].map(([, pid]) => Number(pid));
}

async function shared(program: Program, workers: number): Promise<void> {
  await expect
    .poll(
      () => {
        const all = shares(program);
        return all.length === workers && all.every((share) => share.length > 0) && all.flat().toSorted((a, b) => a - b);
      },
      { timeout: 40_000 },
    )
    .toEqual(Array.from({ length: PARTITIONS }, (_, partition) => partition));
}

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

/** That have a store in the folder. */
function partitionsIn(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
}

function start(line: string): Program {
  const program = new Program(shell, line);
  programs.push(program);
  return program;
}

describe("topics", () => {
  test("check names what is missing, create makes it, and check is content", async () => {
    const before = await shell.run("topics check --json");
    expect(before.code).toBe(1);
    expect(before.json[0]?.["differences"]).toHaveLength(Object.keys(TOPICS).length);
    expect((await shell.ok("topics create"))["created"]).toHaveLength(Object.keys(TOPICS).length);
    expect(await shell.ok("topics check")).toMatchObject({ ok: true, differences: [] });
    expect((await shell.ok("topics create"))["created"]).toEqual([]);
  });

  test("check compares partitions, replication and min.insync.replicas with the settings", async () => {
    const other = openShell({
      ...shell.env,
      STIPEND_PARTITIONS: "3",
      KAFKA_REPLICATION: "2",
      KAFKA_MIN_INSYNC_REPLICAS: "2",
    });
    const { code, json } = await other.run("topics check --json");
    expect(code).toBe(1);
    const found = json[0]?.["differences"] as readonly { topic: string; setting: string }[];
    const ofSessions = found.filter(({ topic }) => topic.endsWith("sessions")).map(({ setting }) => setting);
    expect(ofSessions).toEqual(["partitions", "replication", "min.insync.replicas"]);
    const run = await other.run("run");
    expect([run.code, run.err]).toEqual([
      1,
      expect.stringMatching(/sessions has 4 partitions on Kafka .*, not 3: set STIPEND_PARTITIONS=4/),
    ]);
    other.close();
  });
});

describe("a listener with TLS or SASL", () => {
  const SECRET = "not-the-password";
  let secure: NonNullable<Awaited<ReturnType<typeof theBroker>>["secure"]>;
  beforeAll(async () => {
    secure = must((await theBroker()).secure, "secure listeners");
  });

  async function check(settings: Record<string, string>): Promise<Ended> {
    const other = openShell({ ...shell.env, KAFKA_TLS: "true", KAFKA_TLS_CA: secure.ca, ...settings });
    const ended = await other.run("topics check");
    other.close();
    return ended;
  }

  test("is reached with the certificate of its authority", async () => {
    const { code, err } = await check({ KAFKA_BROKERS: secure.tls });
    expect(code, err).toBe(0);
  });

  test("is reached by each user with its mechanism, and a wrong password is refused and not shown", async () => {
    expect(secure.users.map(({ mechanism }) => mechanism)).toEqual(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]);
    for (const { mechanism, username, password } of secure.users) {
      const settings = { KAFKA_BROKERS: secure.sasl, KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username };
      const good = await check({ ...settings, KAFKA_SASL_PASSWORD: password });
      expect([mechanism, good.code, good.out + good.err]).toEqual([
        mechanism,
        0,
        expect.not.stringContaining(password),
      ]);
      const bad = await check({ ...settings, KAFKA_SASL_PASSWORD: SECRET });
      expect([mechanism, bad.code]).toEqual([mechanism, 1]);
      expect(bad.err).toMatch(/refuses the user: .*check the SASL mechanism, user and password/);
      expect(bad.out + bad.err).not.toContain(SECRET);
    }
  }, 60_000);

  test("takes a password that has changed in its file at the next connection, without a start", async () => {
    const { mechanism, username, password } = must(secure.users[1], "a user");
    const file = join(shell.folder, "password");
    writeFileSync(file, SECRET);
    const { kafkaSaslPassword } = loadConfig(
      {
        KAFKA_BROKERS: secure.sasl,
        KAFKA_SASL_MECHANISM: mechanism,
        KAFKA_SASL_USERNAME: username,
        KAFKA_SASL_PASSWORD_FILE: file,
      },
      shell.folder,
    );
    const sasl = {
      mechanism: "scram-sha-256" as const,
      username,
      get password() {
        return must(kafkaSaslPassword, "a secret").value();
      },
    };
    const tls = () => ({ ca: readFileSync(secure.ca, "utf8") });
    const log = createKafkaLog(
      new Cluster(withDefaults({ brokers: [secure.sasl], clientId: "rotation", tls, sasl })),
      Date.now,
    );
    await expect(log.topics()).rejects.toThrow(/refuses the user/);
    writeFileSync(file, `${password}\n`);
    expect(await log.topics()).toBeInstanceOf(Array);
    await log.close();
  });

  test("is told at once from one that asks for no user, and from a key that is none", async () => {
    const user = { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "somebody", KAFKA_SASL_PASSWORD: SECRET };
    const startedAt = performance.now();
    const asked = await check({ KAFKA_BROKERS: secure.tls, ...user });
    expect([asked.code, asked.err]).toEqual([1, expect.stringContaining("ILLEGAL_SASL_STATE")]);
    const certificate = { KAFKA_TLS_CERT: secure.ca, KAFKA_TLS_KEY: secure.ca };
    const keyless = await check({ KAFKA_BROKERS: secure.tls, ...certificate });
    expect([keyless.code, keyless.err]).toEqual([
      2,
      expect.stringMatching(/KAFKA_TLS_KEY: .* has no key without a passphrase in it that can be used/),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test("serves an allocator and its people: sent, decided and read over TLS as a SCRAM user", async () => {
    const { mechanism, username, password } = must(secure.users.at(-1), "a user");
    const other = openShell({
      ...shell.env,
      KAFKA_TOPIC_PREFIX: `${shell.env["KAFKA_TOPIC_PREFIX"]}secure.`,
      STIPEND_PARTITIONS: "2",
      KAFKA_BROKERS: secure.sasl,
      KAFKA_TLS: "true",
      KAFKA_TLS_CA: secure.ca,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: username,
      KAFKA_SASL_PASSWORD: password,
    });
    await other.ok("topics create");
    const run = other.start("run --json");
    await run.said('"event":"joined"');
    const lines = Array.from({ length: 20 }, (_, number) => sessionLine(number)).join("\n");
    expect(await other.ok("send sessions", lines)).toMatchObject({ sent: 20 });
    const { json } = await other.until("tail decisions --json", (ended) => ended.json.length >= 20);
    expect(new Set(json.map(({ value }) => (value as { sessionId: string }).sessionId)).size).toBe(20);
    const { code, out, err } = await run.stop();
    expect([code, err, out]).toEqual([0, "", expect.not.stringContaining(password)]);
    other.close();
  }, 90_000);
});

describe("run --workers 2", () => {
  test("shares the partitions, decides each session once, and ends with 0 by SIGTERM", async () => {
    const workers = start("run --workers 2 --json");
    await shared(workers, 2);
    const { folder, release } = writeRelease(shell.folder, "release");
    expect(await shell.ok(`campaign create ${writeCampaign(shell.folder)} --wait`)).toMatchObject({
      outcome: "applied",
    });
    await shell.ok(`releases publish ${folder} --campaign spring`);
    const promoted = await shell.ok(`releases promote ${release.hash} --wait`);
    expect(promoted).toMatchObject({ outcome: "applied", silent: [] });
    expect(promoted["applied"]).toHaveLength(PARTITIONS);

    const lines = Array.from({ length: 500 }, (_, number) => sessionLine(number)).join("\n");
    expect(await shell.ok("send sessions", lines)).toMatchObject({ sent: 500 });
    const { json } = await shell.until("tail decisions --json", (ended) => ended.json.length >= 500);
    const ids = json.map(({ value }) => (value as { sessionId: string }).sessionId);
    expect([ids.length, new Set(ids).size]).toEqual([500, 500]);
    expect(json.every(({ value }) => (value as { release: string }).release === release.hash)).toBe(true);
    expect(await shell.ok("verify")).toMatchObject({ ok: true });

    workers.child.kill("SIGTERM");
    expect(await workers.ended(), workers.err).toBe(0);
    expect(workers.err).toBe("");
    expect(workers.out.match(/"event":"stopped"/g)).toHaveLength(2);
  }, 90_000);

  test("a worker that is killed ends the others, drained, and the whole with 1", async () => {
    const workers = start("run --workers 2 --json");
    await shared(workers, 2);
    const [victim] = pidsOf(workers);
    process.kill(must(victim, "a worker"), "SIGKILL");
    expect(await workers.ended()).toBe(1);
    expect(workers.err).toMatch(/worker \d has ended by itself: the others are stopped/);
    expect(workers.out.match(/"event":"stopped"/g)).toHaveLength(1);
  }, 90_000);

  test("with --standby each keeps copies of what the other runs, in a folder that no other process may use", async () => {
    const workers = start("run --workers 2 --standby --json");
    await shared(workers, 2);
    const stores = (worker: number): string => join(`${shell.env["STIPEND_DIR"]}-state`, `worker-${worker}`, "standby");
    await expect
      .poll(() => [1, 2].map((worker) => partitionsIn(join(stores(worker), "serve"))), { timeout: 40_000 })
      .toEqual([ALL, ALL]);
    const env = { ...shell.env, STIPEND_STATE_DIR: join(stores(1), "..") };
    const third = openShell(env);
    for (const line of ["run --standby", "run"]) {
      const said = expect.stringMatching(/process \d+ has its local stores here.*STIPEND_STATE_DIR/) as string;
      expect(await third.run(line)).toMatchObject({ code: 2, err: said });
    }
    third.close();
    workers.child.kill("SIGTERM");
    expect(await workers.ended(), workers.err).toBe(0);
    // The test before has killed a worker, and no more is said than that.
    expect(workers.err).toMatch(/^(\{[^\n]*"the run before this one ended badly: it was killed[^\n]*\}\n)?$/);
  }, 90_000);

  test("workers do not outlive the process that started them", async () => {
    const workers = start("run --workers 2 --json");
    await shared(workers, 2);
    const pids = pidsOf(workers);
    expect(pids).toHaveLength(2);
    await workers.kill();
    await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  }, 90_000);
});
