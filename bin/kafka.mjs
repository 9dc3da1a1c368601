// @ts-check
// Kafka
// A real broker for development and tests: one node, broker and controller (KRaft), on loopback ports of its own, its
// data in a folder. Runs until it is interrupted and stops cleanly. Plain JavaScript for Node 18, without any package.
//
//   node bin/kafka.mjs [--dir FOLDER] [--port PORT] [--memory SIZE] [--secure] [--attached] [--json]
//
// --attached stops it when the standard input ends, so that it never outlives what has started it.
// --json prints one line when it is ready: {"brokers", "pid", "dir", "log", "jars"} and, with --secure, {"secure"}: listeners
// with TLS and SASL (PLAIN, SCRAM), with the users and the certificate to use.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkJava, kafkaJars } from "./setup/jars.mjs";
import { SetupFailed } from "./setup/npm.mjs";
import { makeCertificate, secureProperties, SECURE_USERS } from "./setup/secure-broker.mjs";
import { ended, freePorts, portOf, runServer, say, serverOptions, watched } from "./setup/server.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const READY_MS = 60_000;
const DEFAULT_PORT = 19_092;

const options = serverOptions(
  { port: DEFAULT_PORT, memory: "512m" },
  {
    dir: { type: "string", default: path.join(ROOT, ".kafka", "data") },
    secure: { type: "boolean", default: false },
  },
);

await runServer(main);

async function main() {
  await checkJava();
  const jars = await kafkaJars(ROOT, say);
  const dir = path.resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  refuseSecond(dir);
  const ports = await choosePorts(portOf(options.port));
  const properties = path.join(dir, "server.properties");
  if (options.secure) await makeCertificate(dir);
  writeFileSync(properties, serverProperties(dir, ports));
  const classpath = path.join(jars, "*");
  if (!existsSync(path.join(dir, "data", "meta.properties"))) await format(classpath, dir, properties);
  return await serve(classpath, dir, properties, ports);
}

/** @typedef {{ client: number, controller: number, tls: number, sasl: number }} Ports */

/** The asked-for port for clients (0: any), and free ones for the rest. @param {number} asked @returns {Promise<Ports>} */
async function choosePorts(asked) {
  const [client = 0, controller = 0, tls = 0, sasl = 0] = await freePorts([asked, 0, 0, 0]);
  return { client, controller, tls, sasl };
}

/** @param {string} dir @param {Ports} ports */
function serverProperties(dir, ports) {
  const secure = options.secure ? secureProperties(dir, ports) : { listeners: [], protocols: [], lines: [] };
  const listeners = [`PLAIN://127.0.0.1:${ports.client}`, ...secure.listeners];
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${ports.controller}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAIN",
    `listeners=${[...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(",")}`,
    `advertised.listeners=${listeners.join(",")}`,
    `listener.security.protocol.map=${["PLAIN:PLAINTEXT", "CONTROLLER:PLAINTEXT", ...secure.protocols].join(",")}`,
    `log.dirs=${path.join(dir, "data")}`,
    // One node is all there is.
    "offsets.topic.replication.factor=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    "offsets.topic.num.partitions=4",
    "transaction.state.log.num.partitions=4",
    // Quick starts and take-overs; members choose their own session time-out above this.
    "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=500",
    "auto.create.topics.enable=false",
    "controlled.shutdown.enable=false",
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

/** @param {string} classpath @param {string} dir @param {string} properties */
async function format(classpath, dir, properties) {
  const id = randomBytes(16).toString("base64url").replace(/^-/, "k");
  const scram = options.secure
    ? SECURE_USERS.filter((user) => user.mechanism.startsWith("SCRAM")).flatMap((user) => [
        "--add-scram",
        `${user.mechanism}=[name=${user.username},password=${user.password}]`,
      ])
    : [];
  const args = ["format", "-t", id, "-c", properties, ...scram];
  const java = startJava(classpath, dir, ["-Xmx128m"], ["kafka.tools.StorageTool", ...args], "format.log");
  const code = await ended(java);
  if (code !== 0) throw new SetupFailed(`Kafka could not format ${dir}:\n${tail(path.join(dir, "format.log"))}`);
}

/** @param {string} classpath @param {string} dir @param {string} properties @param {Ports} ports */
async function serve(classpath, dir, properties, ports) {
  const log = path.join(dir, "broker.log");
  const flags = [
    `-Xmx${options.memory}`,
    `-Dorg.slf4j.simpleLogger.logFile=${log}`,
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
  ];
  const broker = startJava(classpath, dir, flags, ["kafka.Kafka", properties], "broker.out");
  writeFileSync(path.join(dir, "pid"), String(broker.pid));
  const end = watched(broker, options);
  const died = end.then((code) => {
    if (code === 0) throw new SetupFailed(`the broker was stopped before it was ready`);
    const told = tail(existsSync(log) ? log : path.join(dir, "broker.out"));
    throw new SetupFailed(`the broker ended with code ${code} before it was ready:\n${told}`);
  });
  const listening = options.secure ? [ports.client, ports.tls, ports.sasl] : [ports.client];
  died.catch(() => undefined);
  try {
    await Promise.race([Promise.all(listening.map(accepts)), died]);
  } catch (error) {
    broker.kill("SIGKILL");
    throw error;
  }
  announce({ dir, log, jars: path.dirname(classpath), pid: broker.pid, ports });
  const code = await end;
  rmSync(path.join(dir, "pid"), { force: true });
  return code;
}

/** @param {{ dir: string, log: string, jars: string, pid: number | undefined, ports: Ports }} broker */
function announce({ dir, log, jars, pid, ports }) {
  const brokers = `127.0.0.1:${ports.client}`;
  const secure = options.secure && {
    secure: {
      tls: `localhost:${ports.tls}`,
      sasl: `localhost:${ports.sasl}`,
      ca: path.join(dir, "tls", "ca.pem"),
      users: SECURE_USERS,
    },
  };
  if (options.json) console.log(JSON.stringify({ brokers, pid, dir, log, jars, ...secure }));
  else say(`Kafka is ready: KAFKA_BROKERS=${brokers} (log: ${log}; Ctrl-C stops it)`);
}

/**
 * In a process group of its own: a terminal's interrupt reaches it through us only.
 * @param {string} classpath @param {string} dir @param {string[]} flags @param {string[]} args @param {string} output
 */
function startJava(classpath, dir, flags, args, output) {
  const file = openSync(path.join(dir, output), "w");
  return spawn("java", [...flags, "-cp", classpath, ...args], {
    cwd: dir,
    detached: true,
    stdio: ["ignore", file, file],
  });
}

/** Until the port takes connections. @param {number} port */
async function accepts(port) {
  const deadline = Date.now() + READY_MS;
  while (!(await connects(port))) {
    if (Date.now() > deadline) throw new SetupFailed(`port ${port} takes no connection after ${READY_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
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
