// @ts-check
// Kafka
// A real broker for development and tests, or a cluster of some: each node broker and controller (KRaft), on loopback ports
// of its own, its data in a folder. Runs until it is interrupted and stops cleanly. Plain JavaScript for Node 18, without
// any package.
//
//   node bin/kafka.mjs [--brokers N] [--dir FOLDER] [--port PORT] [--memory SIZE] [--secure [--acls] [--reauth MS]] [--attached] [--json]
//   node bin/kafka.mjs --node I [--brokers N] [--dir FOLDER] …     one node of a cluster that was started before, again
//
// --brokers 3: replication 3, and a write waits for two (min.insync.replicas 2); the ports follow one another from --port on.
// --attached stops all when the standard input ends, so that they never outlive what has started them.
// --json prints one line when all are ready: {"brokers", "pid", "dir", "log", "jars", "nodes": [{"id", "broker", "pid",
// "dir", "log"}]} ("pid", "dir" and "log" are the first node's) and, with --secure, {"secure"}: listeners with TLS and SASL
// (PLAIN, SCRAM), with the users and the certificate to use. --acls: those users may do only what rights say
// (deploy/kafka/acls.sh). --reauth: a user has to say again who it is after so long.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkJava, kafkaJars } from "./servers/jars.mjs";
import { logOf, portsOf, prepare, startNode, untilReady } from "./servers/kafka-node.mjs";
import { SetupFailed } from "./setup/npm.mjs";
import { makeCertificate, secureUsers } from "./servers/secure-broker.mjs";
import { freePorts, portOf, runServer, say, serverOptions, watched } from "./servers/server.mjs";

/** @typedef {import("./servers/kafka-node.mjs").Node} Node */
/** @typedef {import("./servers/kafka-node.mjs").Ports} Ports */

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DEFAULT_PORT = 19_092;
const MOST_BROKERS = 9;
/** What a cluster needs for its end: the last of its nodes have no majority any more to say goodbye to. */
const STOP_MS = 6_000;

const options = serverOptions(
  { port: DEFAULT_PORT, memory: "512m" },
  {
    brokers: { type: "string", default: "1" },
    node: { type: "string", default: "" },
    dir: { type: "string", default: "" },
    secure: { type: "boolean", default: false },
    acls: { type: "boolean", default: false },
    reauth: { type: "string", default: "0" },
  },
);

await runServer(main);

async function main() {
  const count = brokersOf(options.brokers);
  const dir = path.resolve(options.dir || path.join(ROOT, ".kafka", count === 1 ? "data" : `data-${count}`));
  await checkJava();
  const jars = await kafkaJars(ROOT, say);
  const nodes = options.node === "" ? await allNodes(dir, jars, count) : [await oneNode(dir, jars, options.node)];
  return await serve(dir, nodes);
}

/** @param {string} typed */
function brokersOf(typed) {
  const count = Number(typed);
  if (!Number.isInteger(count) || count < 1 || count > MOST_BROKERS)
    throw new SetupFailed(`--brokers ${typed}: give a number from 1 to ${MOST_BROKERS}`);
  if (count > 1 && options.secure) throw new SetupFailed("--secure is for one broker: leave out --brokers");
  return count;
}

/** @param {string} dir @param {string} jars @param {number} count @returns {Promise<Node[]>} */
async function allNodes(dir, jars, count) {
  mkdirSync(dir, { recursive: true });
  const before = existsSync(path.join(dir, "data"))
    ? 1
    : existsSync(clusterFile(dir))
      ? readCluster(dir).length
      : count;
  if (before !== count)
    throw new SetupFailed(`${dir} has the data of ${before} broker${before > 1 ? "s" : ""}: give another --dir`);
  if (options.secure) await makeCertificate(dir);
  const ports = await choosePorts(portOf(options.port), count);
  const clusterId = randomBytes(16).toString("base64url").replace(/^-/, "k");
  const nodes = ports.map((_, i) => nodeOf(dir, jars, ports, i + 1));
  if (count > 1) writeCluster(dir, ports);
  // A node is formatted once, and all of a cluster's at the same time: under one id.
  await Promise.all(nodes.map((node) => prepare(node, clusterId)));
  return nodes;
}

/** On the ports that it had, or with another for clients when one is given. @param {string} dir @param {string} jars @param {string} typed */
async function oneNode(dir, jars, typed) {
  if (!existsSync(clusterFile(dir))) throw new SetupFailed(`${dir} has no cluster: start it with --brokers 3 first`);
  const id = Number(typed);
  const ports = readCluster(dir);
  if (!ports[id - 1]) throw new SetupFailed(`--node ${typed}: the cluster has nodes 1 to ${ports.length}`);
  const client = portOf(options.port);
  const moved =
    client === 0 || client === DEFAULT_PORT ? ports : ports.map((of, i) => (i === id - 1 ? { ...of, client } : of));
  writeCluster(dir, moved);
  const node = nodeOf(dir, jars, moved, id);
  await prepare(node, "");
  return node;
}

/** @param {string} dir @param {string} jars @param {readonly Ports[]} nodes @param {number} id @returns {Node} */
function nodeOf(dir, jars, nodes, id) {
  const { secure, acls, memory } = options;
  const reauthMs = Number(options.reauth);
  return {
    id,
    dir: nodes.length === 1 ? dir : path.join(dir, `node-${id}`),
    nodes,
    secure,
    acls,
    reauthMs,
    memory,
    jars,
  };
}

/** The asked-for ports for clients (0: any), and free ones for the rest. @param {number} asked @param {number} count */
async function choosePorts(asked, count) {
  const wanted = Array.from({ length: count }, (_, i) => [asked === 0 ? 0 : asked + i, 0, 0, 0]).flat();
  const free = await freePorts(wanted);
  return Array.from({ length: count }, (_, i) => {
    const [client = 0, controller = 0, tls = 0, sasl = 0] = free.slice(4 * i, 4 * i + 4);
    return { client, controller, tls, sasl };
  });
}

/** The ports of a cluster's nodes, which each of them must know. @param {string} dir */
function clusterFile(dir) {
  return path.join(dir, "cluster.json");
}

/** @param {string} dir @returns {Ports[]} */
function readCluster(dir) {
  return JSON.parse(readFileSync(clusterFile(dir), "utf8"));
}

/** @param {string} dir @param {readonly Ports[]} ports */
function writeCluster(dir, ports) {
  writeFileSync(clusterFile(dir), JSON.stringify(ports));
}

/** @param {string} dir @param {readonly Node[]} nodes */
async function serve(dir, nodes) {
  const ofCluster = nodes.some((node) => node.nodes.length > 1);
  const started = nodes.map((node) => {
    const broker = startNode(node);
    const end = watched(broker, options, ofCluster ? STOP_MS : null);
    return { node, broker, end };
  });
  try {
    await Promise.all(started.map(({ node, end }) => untilReady(node, end)));
  } catch (error) {
    for (const { broker } of started) broker.kill("SIGKILL");
    throw error;
  }
  announce(started.map(({ node, broker }) => ({ node, pid: broker.pid })));
  if (ofCluster)
    for (const { node, end } of started)
      void end.then((code) => {
        if (code !== 0)
          say(
            `node ${node.id} ended with ${code}; again: --brokers ${node.nodes.length} --dir ${dir} --node ${node.id}`,
          );
      });
  const codes = await Promise.all(started.map(({ end }) => end));
  // One that was killed on purpose is no failure of the others.
  return codes.includes(0) ? 0 : (codes[0] ?? 0);
}

/** @param {readonly { node: Node, pid: number | undefined }[]} started */
function announce(started) {
  const nodes = started.map(({ node, pid }) => ({
    id: node.id,
    broker: `127.0.0.1:${portsOf(node).client}`,
    pid,
    dir: node.dir,
    log: logOf(node),
  }));
  const [first] = started;
  if (!first) return;
  const { node, pid } = first;
  const { tls, sasl } = portsOf(node);
  const brokers = nodes.map(({ broker }) => broker).join(",");
  const secure = node.secure && {
    secure: {
      tls: `localhost:${tls}`,
      sasl: `localhost:${sasl}`,
      ca: path.join(node.dir, "tls", "ca.pem"),
      users: secureUsers(node.acls),
    },
  };
  const told = { brokers, pid, dir: node.dir, log: logOf(node), jars: node.jars, nodes, ...secure };
  if (options.json) return console.log(JSON.stringify(told));
  say(`Kafka is ready: KAFKA_BROKERS=${brokers} (log: ${nodes.map(({ log }) => log).join(", ")}; Ctrl-C stops it)`);
  if (nodes.length > 1) say(`processes: ${nodes.map((each) => `node ${each.id} is ${each.pid}`).join(", ")}`);
}
