// @ts-check
// A schema registry (Apicurio, with Confluent's API), fetched once with Maven and kept under .kafka/, for the tests.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { isMissing, outputOf } from "./jars.mjs";
import { withLock } from "../setup/lock.mjs";
import { SetupFailed } from "../setup/npm.mjs";

const run = promisify(execFile);

const ARTIFACT = "io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all";
const [, NAME = "", VERSION = ""] = ARTIFACT.split(":");

/**
 * The folder that has it, and the jar that starts it.
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function registryJar(root, say) {
  const folder = path.join(root, ".kafka", `registry-${VERSION}`);
  if (!existsSync(folder))
    await withLock(
      `${folder}.lock`,
      async () => {
        if (!existsSync(folder)) await fetchRegistry(folder, say);
      },
      (owner) => say(`waiting for another fetch of the registry${owner === null ? "" : ` (process ${owner})`}`),
    );
  return path.join(folder, `${NAME}-${VERSION}-runner.jar`);
}

/** @param {string} folder @param {(line: string) => void} say */
async function fetchRegistry(folder, say) {
  say("fetching the schema registry with Maven, once (142 MB)");
  const aside = `${folder}.fetching`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  const words = ["-q", "-B", "dependency:copy", `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${aside}`];
  try {
    await run("mvn", words, { cwd: aside });
  } catch (error) {
    if (isMissing(error)) throw new SetupFailed("the registry comes with Maven, and there is no `mvn` on the PATH");
    throw new SetupFailed(`Maven could not fetch the registry:\n${outputOf(error)}`);
  }
  const archive = readdirSync(aside).find((name) => name.endsWith(".tar.gz"));
  if (archive === undefined) throw new SetupFailed(`Maven ended well but brought no archive into ${aside}`);
  await run("tar", ["-xzf", archive], { cwd: aside });
  rmSync(path.join(aside, archive));
  renameSync(aside, folder);
}
