// The stipend command: hands the outside to cli/program.ts and ends with its exit code.

import { Console } from "node:console";
import { randomUUID } from "node:crypto";
import { enableCompileCache } from "node:module";
import { userInfo } from "node:os";
import path from "node:path";

// What has been compiled is kept for the next start, which takes a third less time. Where nothing can be written, nothing is kept.
enableCompileCache(path.join(import.meta.dirname, "../node_modules/.cache/compiled"));
const { runProgram } = await import("./cli/program.ts");

// The classifier's runtime would keep a device's id and what it did in the user's cache folder, and send it to its maker.
process.env["ORT_DISABLE_TELEMETRY"] = "1";

// What a library prints must not get between a result and its reader.
globalThis.console = new Console(process.stderr);

// kafkajs sets a timer in the past whenever nothing waits in its queue. Node warns of it, and it means nothing. Node 22 calls
// its SQLite an experiment, which the user has not chosen.
const isNoise = ({ name, message }: Error): boolean =>
  name === "TimeoutNegativeWarning" || (name === "ExperimentalWarning" && message.startsWith("SQLite "));
const tellWarning = process.listeners("warning");
process.removeAllListeners("warning").on("warning", (warning) => {
  if (!isNoise(warning)) for (const tell of tellWarning) tell.call(process, warning);
});

// `stipend tail … | head`: the reader has what it wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`error: what was found could not be written: ${error.message}\n`);
  process.exit(1);
});

// Nobody reads what is said on the way: that is no reason to end the work.
process.stderr.on("error", () => undefined);

/**
 * The first signal asks a command to end; the second ends the process as if nobody had listened. A worker's channel to the
 * process that started it breaks when that one is killed: it must not go on alone.
 */
function watchSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop).once("disconnect", stop);
  return controller.signal;
}

/** In a container a user need not have a name. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

const code = await runProgram(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  terminal: { isTerminal: process.stderr.isTTY, columns: () => process.stderr.columns },
  watchSignals,
  nowMs: () => Date.now(),
  newId: () => randomUUID(),
  userName,
});

// A library's thread or timer must not keep a command that is done; stdout is written to its end first.
process.stdout.write("", () => process.exit(code));
