// @ts-check
// Jars, fetched once with Maven and kept under .kafka/: those of a pom in a folder, and another pom is another folder.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { withLock } from "../setup/lock.mjs";
import { SetupFailed } from "../setup/npm.mjs";

const run = promisify(execFile);

const OLDEST_JAVA = 17;

/** What is fetched, and how the folder can be told to have it. */
const BROKER = { pom: path.join("deploy", "kafka", "pom.xml"), what: "Kafka's jars", has: "kafka_" };
export const STREAMS = {
  pom: path.join("benchmarks", "kafka", "streams", "pom.xml"),
  what: "the jars of Kafka Streams",
  has: "kafka-streams-",
};
export const EXAMPLES = {
  pom: path.join("examples", "java", "pom.xml"),
  what: "the jars of the examples in Java",
  has: "kafka-clients-",
};

/**
 * The folder that has them.
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function kafkaJars(root, say, jars = BROKER) {
  const pom = path.join(root, jars.pom);
  const id = createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 12);
  const folder = path.join(root, ".kafka", `jars-${id}`);
  if (existsSync(folder)) return folder;
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!existsSync(folder)) await fetchJars(jars, pom, folder, say);
    },
    (owner) => say(`waiting for another fetch of ${jars.what}${owner === null ? "" : ` (process ${owner})`}`),
  );
  return folder;
}

/** @param {typeof BROKER} jars @param {string} pom @param {string} folder @param {(line: string) => void} say */
async function fetchJars({ what, has }, pom, folder, say) {
  say(`fetching ${what} with Maven, once`);
  const aside = `${folder}.fetching`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  try {
    await run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${aside}`]);
  } catch (error) {
    if (isMissing(error)) throw new SetupFailed("Kafka's jars come with Maven, and there is no `mvn` on the PATH");
    throw new SetupFailed(`Maven could not fetch ${what}:\n${outputOf(error)}`);
  }
  if (!readdirSync(aside).some((name) => name.startsWith(has)))
    throw new SetupFailed(`Maven ended well but brought no ${has}*.jar into ${aside}`);
  renameSync(aside, folder);
}

/** Makes sure of a Java that runs this Kafka. */
export async function checkJava() {
  let output;
  try {
    output = (await run("java", ["-version"])).stderr;
  } catch (error) {
    if (isMissing(error))
      throw new SetupFailed(`a Kafka broker needs Java ${OLDEST_JAVA}; there is no \`java\` on the PATH`);
    throw new SetupFailed(`java does not run:\n${outputOf(error)}`);
  }
  const major = Number(/version "(\d+)/.exec(output)?.[1]);
  if (major < OLDEST_JAVA) throw new SetupFailed(`a Kafka broker needs Java ${OLDEST_JAVA}; this one is ${major}`);
}

/** @param {unknown} error */
export function isMissing(error) {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** @param {unknown} error */
export function outputOf(error) {
  if (!(error instanceof Error)) return String(error);
  const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
  return `${stdout}${stderr}`.trim() || error.message;
}
