// Run watch
// What a person is told of a running allocator: which partitions it runs, each time that changes; how far stores are that are
// restored; what went wrong; and how much was done in the end.

import { systemElapsedMs } from "../task/system-clock.ts";
import type { TaskState } from "../task/lifecycle.ts";
import type { TaskObserver } from "../task/observer.ts";
import type { Context } from "./command.ts";
import { watchRestores } from "./restore-watch.ts";

export interface Totals {
  readonly cycles: number;
  readonly inputs: number;
  readonly outputs: number;
}

export interface RunWatch {
  readonly observer: TaskObserver;
  totals(): Totals;
  close(): void;
}

const KINDS = ["serve", "treasury"];

/** Tasks of a start come one after another: they are told together. */
const TOGETHER_MS = 100;

export function watchRun(context: Context): RunWatch {
  const { output } = context;
  // Both are told of, also while there is none of one.
  const states = new Map<string, Map<number, TaskState>>(KINDS.map((kind) => [kind, new Map()]));
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
  return {
    observer: {
      elapsedMs: systemElapsedMs,
      cycle({ inputs, outputs }) {
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
        output.note(`${kind} ${partition}: ${verdict}: ${error instanceof Error ? error.message : String(error)}`);
      },
    },
    totals: () => totals,
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
