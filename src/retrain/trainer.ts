// Trainer
// Runs a training in a process of its own, so that it can neither slow the allocator down nor take it with it. What the
// process says while it works is passed on; when it fails, the failure says how it ended and what it said last.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface TrainingRun {
  /** The program and its arguments; its stdout is one JSON object, its stderr is progress. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
  /** Told the process's id once it runs. */
  readonly onStart?: (pid: number) => void;
  readonly signal?: AbortSignal;
}

export class TrainingFailed extends Error {
  override name = "TrainingFailed";
}

const LAST_LINES = 12;

/** Resolves with what the process printed as JSON; rejects with `TrainingFailed`. */
export async function runTraining(run: TrainingRun): Promise<Readonly<Record<string, unknown>>> {
  const child = spawn(run.command, [...run.args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: run.env ?? process.env,
    ...(run.signal ? { signal: run.signal } : {}),
  });
  if (child.pid !== undefined) run.onStart?.(child.pid);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const last: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    run.onLine(line);
  });
  const ended = await new Promise<string | null>((resolve) => {
    child.on("error", (error) => resolve(`could not run: ${error.message}`));
    child.on("close", (code, signal) =>
      resolve(code === 0 ? null : signal ? `was ended by ${signal}` : `ended with ${String(code)}`),
    );
  });
  const shown = [run.command, ...run.args].join(" ");
  if (ended !== null)
    throw new TrainingFailed(`training ${ended}: ${shown}${last.map((line) => `\n  ${line}`).join("")}`);
  return parsed(printed, shown);
}

function parsed(text: string, shown: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new TrainingFailed(`training printed no JSON object: ${shown}: ${JSON.stringify(text.slice(0, 200))}`);
}
