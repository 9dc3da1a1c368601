// `npm run kafka`: starts, says where it is, keeps its data, stops cleanly; and says so where it cannot.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kafkaJars } from "../../../../bin/servers/jars.mjs";
import { must } from "../../../../src/domain/assert.ts";
import { openKafkaLog, type KafkaLog } from "../../../../src/log/kafka/log.ts";
import { SPECS } from "../../../log/fixture.ts";
import { out } from "../../../log/recording-member.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..", "..", "..");

class DevBroker {
  readonly child: ChildProcess;
  said = "";

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const script = path.join(ROOT, "bin", "kafka.mjs");
    this.child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
    this.child.stderr?.on("data", (chunk: Buffer) => (this.said += chunk.toString("utf8")));
  }

  async brokers(): Promise<string> {
    const address = (): string | undefined => /KAFKA_BROKERS=(\S+)/.exec(this.said)?.[1];
    await expect.poll(address, { timeout: 60_000 }).toBeDefined();
    return must(address(), "an address");
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }
}

describe("npm run kafka", () => {
  let folder: string;
  const started: DevBroker[] = [];

  const start = (env?: NodeJS.ProcessEnv, ...more: readonly string[]): DevBroker => {
    const own = ["--dir", path.join(folder, "data"), "--port", "0", "--memory", "384m"];
    const broker = new DevBroker([...own, ...more], env);
    started.push(broker);
    return broker;
  };
  const open = async (brokers: string): Promise<KafkaLog> =>
    openKafkaLog({ brokers: brokers.split(","), clientId: "dev" }, () => Date.now());

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "stipend-dev-broker-"));
  });
  afterEach(async () => {
    for (const broker of started.splice(0)) {
      broker.child.kill("SIGTERM");
      await broker.ended();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("says where it is when it is ready, stops cleanly on Ctrl-C, and has its topics when it starts again", async () => {
    const first = start();
    const log = await open(await first.brokers());
    await log.ensureTopics(SPECS);
    await log.close();

    const second = start();
    expect(await second.ended()).toBe(1);
    expect(second.said).toMatch(/process \d+ already runs a broker on .*data: kill \d+ first/);

    first.child.kill("SIGINT");
    expect(await first.ended(), first.said).toBe(0);

    const again = start();
    const later = await open(await again.brokers());
    expect((await later.topics()).length).toBe(SPECS.length);
    await later.close();
  }, 180_000);

  it("with --brokers 3 is a cluster: a node that is killed is started again with --node, and the folder is the cluster's", async () => {
    const cluster = start(undefined, "--brokers", "3");
    const log = await open(await cluster.brokers());
    await log.ensureTopics(SPECS);
    const [, pid] = must(/node 2 is (\d+)/.exec(cluster.said), "a process");
    process.kill(Number(pid), "SIGKILL");
    await expect.poll(() => cluster.said, { timeout: 30_000 }).toMatch(/node 2 ended with 137; again: .*--node 2/);
    const node = start(undefined, "--brokers", "3", "--node", "2");
    expect(await node.brokers()).toBe(must(await cluster.brokers(), "brokers").split(",")[1]);
    await log.send([out("events", 0, "k", "after")]);
    await log.close();

    const alone = start();
    expect(await alone.ended()).toBe(1);
    expect(alone.said).toMatch(/has the data of 3 brokers: give another --dir/);
    for (const each of [node, cluster]) each.child.kill("SIGINT");
    expect([await node.ended(), await cluster.ended()], cluster.said).toEqual([0, 0]);
  }, 180_000);

  it("says no more than that when it is stopped before it is ready", async () => {
    const broker = start();
    await expect.poll(() => existsSync(path.join(folder, "data", "pid")), { timeout: 60_000 }).toBe(true);
    broker.child.kill("SIGTERM");
    expect(await broker.ended()).toBe(1);
    expect(broker.said).toMatch(/the broker was stopped before it was ready\n$/);
    expect(broker.said).not.toContain("INFO");
  }, 90_000);

  it("fails and says what it lacks where there is no Java", async () => {
    const broker = start({ ...process.env, PATH: folder });
    expect(await broker.ended()).toBe(1);
    expect(broker.said).toMatch(/needs Java 17; there is no `java` on the PATH/);
  });

  it("fails and says what it lacks where there is no Maven to fetch it with", async () => {
    mkdirSync(path.join(folder, "deploy"));
    cpSync(path.join(ROOT, "deploy", "kafka"), path.join(folder, "deploy", "kafka"), { recursive: true });
    vi.stubEnv("PATH", folder);
    try {
      await expect(kafkaJars(folder, () => undefined)).rejects.toThrow(/no `mvn` on the PATH/);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
