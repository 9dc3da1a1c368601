// A broker of the oldest Kafka that is served, with the ZooKeeper that it needs, in a folder of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kafkaJars } from "../../bin/servers/jars.mjs";
import { freePorts } from "../../bin/servers/server.mjs";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const JARS = { pom: path.join("test", "kafka", "oldest", "pom.xml"), what: "the oldest Kafka's jars", has: "kafka_" };
const READY_MS = 60_000;

export interface OldestBroker {
  readonly brokers: string;
  stop(): Promise<void>;
}

export async function startOldestBroker(): Promise<OldestBroker> {
  const jars = path.join(await kafkaJars(ROOT, console.warn, JARS), "*");
  const dir = mkdtempSync(path.join(tmpdir(), "stipend-oldest-kafka-"));
  const [zookeeper = 0, client = 0] = await freePorts([0, 0]);
  const started: ChildProcess[] = [];
  const start = async (name: string, port: number, ...args: readonly string[]): Promise<void> => {
    const log = path.join(dir, `${name}.log`);
    const file = openSync(log, "w");
    const java = spawn("java", ["-Xmx256m", "-cp", jars, ...args], { cwd: dir, stdio: ["ignore", file, file] });
    started.push(java);
    for (const deadline = performance.now() + READY_MS; !(await connects(port)); await sleep(100))
      if (java.exitCode !== null || performance.now() > deadline)
        throw new Error(`no ${name} of the oldest Kafka:\n${readFileSync(log, "utf8").slice(-2_000)}`);
  };
  const stop = async (): Promise<void> => {
    for (const java of started.toReversed()) {
      java.kill("SIGKILL");
      if (java.exitCode === null && java.signalCode === null) await once(java, "exit");
    }
    rmSync(dir, { recursive: true, force: true });
  };
  const properties = path.join(dir, "server.properties");
  writeFileSync(properties, propertiesOf(dir, zookeeper, client));
  try {
    const settings = path.join(dir, "zookeeper.properties");
    const local = "clientPortAddress=127.0.0.1\nadmin.enableServer=false\n";
    writeFileSync(settings, `dataDir=${path.join(dir, "zookeeper")}\nclientPort=${zookeeper}\n${local}`);
    await start("ZooKeeper", zookeeper, "org.apache.zookeeper.server.ZooKeeperServerMain", settings);
    await start("Kafka", client, "kafka.Kafka", properties);
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers: `127.0.0.1:${client}`, stop };
}

function propertiesOf(dir: string, zookeeper: number, client: number): string {
  return [
    "broker.id=1",
    `zookeeper.connect=127.0.0.1:${zookeeper}`,
    `listeners=PLAINTEXT://127.0.0.1:${client}`,
    `log.dirs=${path.join(dir, "data")}`,
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=4",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.num.partitions=4",
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=500",
    "auto.create.topics.enable=false",
    "log.cleaner.dedupe.buffer.size=33554432",
    "",
  ].join("\n");
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
