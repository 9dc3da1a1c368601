// Workers
// Several allocators on one machine, as several machines would be: processes of this program that share the work of one
// group. A signal goes on to all of them. One that ends unasked ends the others, drained, so that whoever watches over this
// process learns of it and starts all again.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforePort } from "../../http/address.ts";
import { CHECK_FAILED, DONE, type Context } from "../../terminal/context.ts";
import { LEVELS, type Level } from "../../terminal/output.ts";
import { stipend } from "./own-process.ts";

interface Worker {
  readonly number: number;
  readonly child: ChildProcess;
  readonly ended: Promise<boolean>;
}

export async function runWorkers(context: Context, count: number, line: readonly string[]): Promise<number> {
  const { output, signal } = context;
  const workers = Array.from({ length: count }, (_, index) => startWorker(context, index + 1, line));
  const stop = () => {
    for (const { child } of workers) if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const good = await Promise.all(
    workers.map(async ({ number, ended }) => {
      const well = await ended;
      if (!signal.aborted) output.note(`worker ${number} has ended by itself: the others are stopped`);
      if (!signal.aborted) stop();
      return well && signal.aborted;
    }),
  );
  return good.every(Boolean) ? DONE : CHECK_FAILED;
}

function startWorker({ config, json, log, output }: Context, number: number, line: readonly string[]): Worker {
  const { command, args } = stipend(["run", ...line, ...(json ? ["--json"] : [])]);
  const child = spawn(command, [...args], {
    // The channel breaks when this process is killed: then the worker ends too.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, STIPEND_STATE_DIR: join(config.stateDir, `worker-${number}`), ...httpOf(config, number) },
  });
  const ended = Promise.race([
    once(child, "exit").then(([code]) => code === 0),
    once(child, "error").then(([error]) => {
      output.note(`worker ${number}: ${String(error)}`);
      return false;
    }),
  ]);
  output.item(
    { event: "worker", worker: number, pid: child.pid ?? null },
    () => `worker ${number} is process ${child.pid}`,
  );
  const { stdout, stderr } = child;
  if (stdout !== null)
    createInterface({ input: stdout }).on("line", (text) => {
      const said = json || log === "json" ? parsed(text) : null;
      const message = typeof said?.["message"] === "string" ? said["message"] : `worker ${number}: ${text}`;
      output.item({ worker: number, ...said }, () => message);
    });
  if (stderr !== null)
    createInterface({ input: stderr }).on("line", (text) => {
      const said = log === "json" ? parsed(text) : null;
      if (said === null) output.note(`worker ${number}: ${text}`);
      else output.note(String(said["message"]), { ...said, worker: number, level: asLevel(said["level"]) });
    });
  return { number, child, ended };
}

/** A line of a worker's; null when it is no JSON object. */
function parsed(line: string): Record<string, string | number> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function asLevel(level: unknown): Level {
  return LEVELS.find((each) => each === level) ?? "info";
}

/** One address for each, since a port has one owner. */
function httpOf({ http }: Context["config"], number: number): Record<string, string> {
  return http === null
    ? {}
    : { STIPEND_HTTP: `${beforePort(http.host)}:${http.port === 0 ? 0 : http.port + number - 1}` };
}
