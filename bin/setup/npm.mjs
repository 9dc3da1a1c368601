// @ts-check
// npm, run quietly: its output is shown only when it fails.

import { spawn } from "node:child_process";

export class SetupFailed extends Error {
  name = "SetupFailed";
}

/**
 * @param {readonly string[]} args
 * @param {{ cwd: string, purpose: string }} options
 * @returns {Promise<void>}
 */
export function npm(args, { cwd, purpose }) {
  const [command, before] = npmCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, ...args], {
      cwd,
      env: withoutNpmSettings(process.env),
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && before.length === 0,
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) =>
      reject(new SetupFailed(`cannot run npm to ${purpose} (${error.message}); is npm installed and on the PATH?`)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      const how = signal ? `was ended by ${signal}` : `failed with code ${code}`;
      const tail = output.trim().split("\n").slice(-15).join("\n");
      reject(new SetupFailed(`npm ${how} when it was to ${purpose}:\n${tail}\nThe command was: npm ${args.join(" ")}`));
    });
  });
}

/** The npm that started us, else the one on the PATH. @returns {[string, string[]]} */
function npmCommand() {
  const script = process.env["npm_execpath"];
  return script?.endsWith("npm-cli.js") ? [process.execPath, [script]] : ["npm", []];
}

/**
 * What an outer `npm start` sets for its script (its own prefix, above all) is not meant for the npm within.
 * @param {NodeJS.ProcessEnv} env
 */
function withoutNpmSettings(env) {
  const own =
    /^npm_(package|lifecycle|command|config_(local_prefix|prefix|global_prefix|noproxy|node_gyp|init_module)$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
}
