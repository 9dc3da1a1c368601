// Run watch
// What a person is told of a running allocator: which partitions it runs, each time that changes; how far stores are that are
// restored; what went wrong; and how much was done in the end.

import { errorMessage } from "../../domain/error-message.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { TaskState } from "../../task/lifecycle.ts";
import type { TaskObserver } from "../../task/observer.ts";
import type { Verdict } from "../../task/cycle/verdicts.ts";
import type { Context } from "../../terminal/context.ts";
import type { About, Level } from "../../terminal/output.ts";
import { watchRestores } from "./restore-watch.ts";

export interface Totals {
  readonly cycles: number;
  readonly inputs: number;
  readonly outputs: number;
}

export interface RunWatch {
  readonly observer: TaskObserver;
  totals(): Totals;
  /** What made a task fail; null when none has. */
  failure(): string | null;
  close(): void;
}

const KINDS = ["serve", "treasury"];

/** What cycles have to say, bad records above all, in so long at most so often. */
const NOTES_MS = 10_000;
const NOTES_MOST = 20;

const LEVEL_OF: Readonly<Record<Verdict, Level>> = {
  retry: "warn",
  corrupted: "warn",
  migrated: "info",
  fatal: "error",
};

/** Tasks of a start come one after another: they are told together. */
const TOGETHER_MS = 100;

export function watchRun(context: Context): RunWatch {
  const { output } = context;
  // Both are told of, also while there is none of one.
  const states = new Map<string, Map<number, TaskState>>(KINDS.map((kind) => [kind, new Map()]));
  let failure: string | null = null;
  const totals = { cycles: 0, inputs: 0, outputs: 0 };
  let timer: NodeJS.Timeout | null = null;
  let told = "";
  const tell = () => {
    timer = null;
    const running = runningOf(states);
    const text = Object.entries(running)
      .map(([kind, partitions]) => `${kind} runs ${partitions.length === 0 ? "nothing" : partitions.join(" ")}`)
      .join("; ");
    if (text === told) return;
    told = text;
    output.item({ event: "tasks", ...running }, () => text);
  };
  const notes = { sinceMs: -Infinity, told: 0, left: 0 };
  const tellNote = (text: string, about: About): void => {
    if (systemElapsedMs() - notes.sinceMs >= NOTES_MS) {
      if (notes.left > 0) output.note(`${notes.left} more such lines were left out`, { level: "warn" });
      Object.assign(notes, { sinceMs: systemElapsedMs(), told: 0, left: 0 });
    }
    if (notes.told >= NOTES_MOST) {
      notes.left += 1;
      return;
    }
    notes.told += 1;
    output.note(text, about);
  };
  return {
    observer: {
      elapsedMs: systemElapsedMs,
      cycle({ kind, partition, cycle, inputs, outputs, prepareMs, processMs, commitMs, applyMs, notes }) {
        for (const { text, ...about } of notes) tellNote(text, { level: "warn", kind, partition, ...about });
        const ms = Math.round(prepareMs + processMs + commitMs + applyMs);
        output.note(`${kind} ${partition}: cycle ${cycle}`, { level: "debug", kind, partition, inputs, outputs, ms });
        totals.cycles += 1;
        totals.inputs += inputs;
        totals.outputs += outputs;
      },
      restore: watchRestores(context),
      lifecycle(kind, partition, state) {
        const of = states.get(kind) ?? new Map<number, TaskState>();
        states.set(kind, of.set(partition, state));
        timer ??= setTimeout(tell, TOGETHER_MS);
      },
      trouble(kind, partition, verdict, error) {
        const text = `${kind} ${partition}: ${verdict}: ${errorMessage(error)}`;
        if (verdict === "fatal") failure ??= text;
        output.note(text, { level: LEVEL_OF[verdict], kind, partition, verdict });
      },
    },
    totals: () => totals,
    failure: () => failure,
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function runningOf(states: ReadonlyMap<string, ReadonlyMap<number, TaskState>>): Record<string, number[]> {
  return Object.fromEntries(
    [...states].map(([kind, of]) => [
      kind,
      [...of].flatMap(([partition, state]) => (state === "running" ? [partition] : [])).toSorted((a, b) => a - b),
    ]),
  );
}
