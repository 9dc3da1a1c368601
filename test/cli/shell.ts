// A shell for tests: whole command lines in this process, with an environment, a stdin and a clock of their own, and what
// they printed.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { runProgram } from "../../src/cli/program.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** stdout as JSON, a value a line. */
  readonly json: readonly Record<string, unknown>[];
}

export interface Background {
  /** Lines of stdout so far. */
  readonly lines: readonly string[];
  /** stderr so far. */
  readonly err: string;
  /** Resolves with the first line that holds the text. */
  said(text: string): Promise<string>;
  /** Sends what SIGTERM sends, and waits for the end. */
  stop(): Promise<Ended>;
}

export interface Shell {
  readonly folder: string;
  readonly env: Record<string, string>;
  run(line: string | readonly string[], stdin?: string | Readable): Promise<Ended>;
  /** Of a command that must end well: the only line of its --json. */
  ok(line: string, stdin?: string): Promise<Record<string, unknown>>;
  /** Again and again, until what it printed is what is waited for. */
  until(line: string, seen: (ended: Ended) => boolean): Promise<Ended>;
  /** By a clock of its own, if it is given one. */
  start(line: string | readonly string[], clock?: () => number): Background;
  close(): void;
}

/** On an embedded log in a folder of its own, with two partitions, that never trains by itself; it is `nowMs` there. */
export function openShell(given: Record<string, string> = {}, nowMs: () => number = Date.now): Shell {
  const folder = mkdtempSync(join(tmpdir(), "stipend-cli-"));
  const env = {
    STIPEND_DIR: join(folder, "log"),
    STIPEND_PARTITIONS: "2",
    STIPEND_RETRAIN_ROWS: "0",
    STIPEND_RETRAIN_PERIOD_MS: "0",
    ...given,
  };
  const begin = (line: string | readonly string[], stdin: Readable, clock = nowMs) => {
    const told = { out: "", err: "" };
    const ending = new AbortController();
    const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
    const code = runProgram(words, {
      env,
      cwd: folder,
      stdin,
      stdout: (text) => void (told.out += text),
      stderr: (text) => void (told.err += text),
      terminal: { isTerminal: false, columns: () => 100 },
      watchSignals: () => ending.signal,
      nowMs: clock,
      newId: randomUUID,
      userName: () => "tester",
    });
    const ended = code.then((value): Ended => ({ code: value, ...told, json: jsonOf(told.out) }));
    return { told, ending, ended };
  };
  const run = (line: string | readonly string[], stdin: string | Readable = ""): Promise<Ended> =>
    begin(line, typeof stdin === "string" ? Readable.from([stdin]) : stdin).ended;
  return {
    folder,
    env,
    run,
    async ok(line, stdin) {
      const ended = await run(`${line} --json`, stdin);
      expect(ended.code, ended.err + ended.out).toBe(0);
      expect(ended.json).toHaveLength(1);
      return must(ended.json[0], "a line");
    },
    async until(line, seen) {
      for (;;) {
        const ended = await run(line);
        if (seen(ended)) return ended;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    start(line, clock) {
      const { told, ending, ended } = begin(line, Readable.from([]), clock);
      let over: Ended | undefined;
      void ended.then((value) => (over = value));
      return {
        get lines() {
          return told.out.split("\n");
        },
        get err() {
          return told.err;
        },
        async said(text) {
          for (;;) {
            const found = told.out.split("\n").find((candidate) => candidate.includes(text));
            if (found !== undefined) return found;
            if (over !== undefined) throw new Error(`ended with ${over.code}, saying ${over.out}${over.err}`);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        },
        stop() {
          ending.abort();
          return ended;
        },
      };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function jsonOf(text: string): readonly Record<string, unknown>[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
