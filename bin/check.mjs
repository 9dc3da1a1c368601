// @ts-check
// Check
// Everything that can be said of the code without running it, a short line each; a tool's output only when it fails.
// Two at a time: most of them use one core.

import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const AT_ONCE = 2;

const TOOLS = [
  { name: "format", does: "prettier", run: ["prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."] },
  { name: "lint", does: "oxlint", run: ["oxlint/bin/oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", does: "tsc", run: ["typescript/bin/tsc", "-p", "."] },
  { name: "client", does: "tsc, in a browser", run: ["typescript/bin/tsc", "-p", "src/console/client"] },
  {
    name: "house",
    does: "dependency-cruiser",
    run: ["dependency-cruiser/bin/dependency-cruiser.mjs", "--config", ".dependency-cruiser.mjs", "src"],
  },
  { name: "unused", does: "knip", run: ["knip/bin/knip.js"] },
];

const results = await inPool(TOOLS, AT_ONCE);
const failed = results.filter(({ code }) => code !== 0);
if (failed.length > 0) console.log(`check: ${failed.map(({ tool }) => tool.name).join(", ")} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

/**
 * @typedef {(typeof TOOLS)[number]} Tool
 * @param {Tool[]} tools
 * @param {number} atOnce
 */
async function inPool(tools, atOnce) {
  const waiting = [...tools];
  /** @type {{ tool: Tool, code: number }[]} */
  const done = [];
  const worker = async () => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
      done.push({ tool, code: await runTool(tool) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

/** @param {Tool} tool @returns {Promise<number>} */
function runTool(tool) {
  const startedMs = performance.now();
  const [script = "", ...args] = tool.run;
  const child = spawn(process.execPath, [path.join(ROOT, "node_modules", script), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok    " : "FAILED"} ${tool.name.padEnd(7)} ${tool.does} (${seconds} s)`);
      if (code !== 0) console.log(output.trim().replace(/^/gm, "       "));
      resolve(code ?? 1);
    });
  });
}
