// @ts-check
// Kafka nodes
// Broker and controller in one (KRaft), on the loopback, each with a folder of its own; and the processes they run in. One
// node alone is all there is of its cluster; of three, each partition has a replica on every one, and a write waits for two.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SetupFailed } from "../setup/npm.mjs";
import { secureProperties, secureUsers } from "./secure-broker.mjs";
import { ended } from "./server.mjs";

const READY_MS = 90_000;

/** @typedef {{ client: number, controller: number, tls: number, sasl: number }} Ports */

/**
 * `nodes`: the ports of all nodes of the cluster; `id` is the place in it, from 1 on.
 * @typedef {{ id: number, dir: string, nodes: readonly Ports[], secure: boolean, acls: boolean, reauthMs: number, memory: string, jars: string }} Node
 */

/** @param {Node} node @returns {Ports} */
export function portsOf({ id, nodes }) {
  const ports = nodes[id - 1];
  if (!ports) throw new SetupFailed(`the cluster has no node ${id}`);
  return ports;
}

/** Settings and, at the first start, the folder's format. @param {Node} node @param {string} clusterId */
export async function prepare(node, clusterId) {
  const { dir } = node;
  mkdirSync(dir, { recursive: true });
  refuseSecond(dir);
  const properties = path.join(dir, "server.properties");
  writeFileSync(properties, propertiesOf(node));
  if (existsSync(path.join(dir, "data", "meta.properties"))) return;
  const scram = node.secure
    ? secureUsers(node.acls)
        .filter((user) => user.mechanism.startsWith("SCRAM"))
        .flatMap((user) => ["--add-scram", `${user.mechanism}=[name=${user.username},password=${user.password}]`])
    : [];
  const args = ["kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties, ...scram];
  const code = await ended(startJava(node, ["-Xmx128m"], args, "format.log"));
  if (code !== 0) throw new SetupFailed(`Kafka could not format ${dir}:\n${tail(path.join(dir, "format.log"))}`);
}

/** @param {Node} node */
function propertiesOf(node) {
  const { id, dir, nodes } = node;
  const ports = portsOf(node);
  const replicas = nodes.length;
  const enough = Math.min(2, replicas);
  const secure = node.secure ? secureProperties(node, ports) : { listeners: [], protocols: [], lines: [] };
  const listeners = [`PLAIN://127.0.0.1:${ports.client}`, ...secure.listeners];
  return [
    "process.roles=broker,controller",
    `node.id=${id}`,
    `controller.quorum.voters=${nodes.map(({ controller }, i) => `${i + 1}@127.0.0.1:${controller}`).join(",")}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAIN",
    `listeners=${[...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(",")}`,
    `advertised.listeners=${listeners.join(",")}`,
    `listener.security.protocol.map=${["PLAIN:PLAINTEXT", "CONTROLLER:PLAINTEXT", ...secure.protocols].join(",")}`,
    `log.dirs=${path.join(dir, "data")}`,
    `default.replication.factor=${replicas}`,
    `min.insync.replicas=${enough}`,
    `offsets.topic.replication.factor=${replicas}`,
    `transaction.state.log.replication.factor=${replicas}`,
    `transaction.state.log.min.isr=${enough}`,
    `share.coordinator.state.topic.replication.factor=${replicas}`,
    `share.coordinator.state.topic.min.isr=${enough}`,
    "offsets.topic.num.partitions=4",
    "transaction.state.log.num.partitions=4",
    // Quick starts and take-overs; members choose their own session time-out above this.
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=500",
    "auto.create.topics.enable=false",
    // A node alone has nobody to hand its partitions to.
    `controlled.shutdown.enable=${replicas > 1}`,
    // After a kill the controller keeps the broker out until the killed one's session is over: 9 s by default.
    "broker.session.timeout.ms=4000",
    "broker.heartbeat.interval.ms=500",
    "num.network.threads=2",
    "num.io.threads=4",
    "log.cleaner.dedupe.buffer.size=33554432",
    ...secure.lines,
    "",
  ].join("\n");
}

/** The broker's process; its folder knows its number. @param {Node} node */
export function startNode(node) {
  const flags = [
    `-Xmx${node.memory}`,
    `-Dorg.slf4j.simpleLogger.logFile=${logOf(node)}`,
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
  ];
  // What an earlier process has said is no word of this one.
  rmSync(logOf(node), { force: true });
  const broker = startJava(node, flags, ["kafka.Kafka", path.join(node.dir, "server.properties")], "broker.out");
  writeFileSync(path.join(node.dir, "pid"), String(broker.pid));
  broker.once("exit", () => rmSync(path.join(node.dir, "pid"), { force: true }));
  return broker;
}

/** Until it says that it listens: another's process may answer on the port. Throws when it ends before. @param {Node} node @param {Promise<number>} end */
export async function untilReady(node, end) {
  const { client, tls, sasl } = portsOf(node);
  const died = end.then((code) => {
    if (code === 0) throw new SetupFailed(`the broker was stopped before it was ready`);
    const told = tail(existsSync(logOf(node)) ? logOf(node) : path.join(node.dir, "broker.out"));
    throw new SetupFailed(`the broker ended with code ${code} before it was ready:\n${told}`);
  });
  died.catch(() => undefined);
  await Promise.race([
    Promise.all((node.secure ? [client, tls, sasl] : [client]).map((port) => listens(node, port))),
    died,
  ]);
}

/** @param {Pick<Node, "dir">} node */
export function logOf({ dir }) {
  return path.join(dir, "broker.log");
}

/**
 * In a process group of its own: a terminal's interrupt reaches it through us only.
 * @param {Node} node @param {string[]} flags @param {string[]} args @param {string} output
 */
function startJava({ dir, jars }, flags, args, output) {
  const file = openSync(path.join(dir, output), "w");
  return spawn("java", [...flags, "-cp", path.join(jars, "*"), ...args], {
    cwd: dir,
    detached: true,
    stdio: ["ignore", file, file],
  });
}

/** @param {Node} node @param {number} port */
async function listens(node, port) {
  const deadline = Date.now() + READY_MS;
  const said = new RegExp(`Awaiting socket connections on (127\\.0\\.0\\.1|localhost):${port}\\.`);
  while (!existsSync(logOf(node)) || !said.test(readFileSync(logOf(node), "utf8"))) {
    if (Date.now() > deadline) throw new SetupFailed(`port ${port} takes no connection after ${READY_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A folder has one broker. @param {string} dir */
function refuseSecond(dir) {
  const file = path.join(dir, "pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (pid > 0 && isJava(pid))
    throw new SetupFailed(`process ${pid} already runs a broker on ${dir}: kill ${pid} first`);
}

/** @param {number} pid */
function isJava(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("kafka.Kafka");
  } catch {
    return false;
  }
}

/** @param {string} file */
function tail(file) {
  return readFileSync(file, "utf8").trim().split("\n").slice(-15).join("\n");
}
