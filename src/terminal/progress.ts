// Progress
// How far long work is, for the person who watches: one line that is drawn again on a terminal, a plain line every few
// seconds in a log file, nothing where a program reads (--json without a terminal, CI).

/** Where text goes: a stream, or a list in a test. */
export type Write = (text: string) => void;

export interface Progress {
  /** A step's name, how far it is from 0 to 1, and what else there is to say. */
  report(step: string, done: number, detail?: string): void;
  /** Takes the line away, before something else is written. */
  clear(): void;
}

export interface ProgressOptions {
  readonly mode: ProgressMode;
  readonly write: Write;
  readonly nowMs: () => number;
  readonly columns: () => number;
}

export type ProgressMode = "line" | "plain" | "silent";

const REDRAW_MS = 100;
const PLAIN_MS = 5_000;
const BAR = 20;

export function progressMode(surroundings: {
  readonly terminal: boolean;
  readonly json: boolean;
  readonly ci: boolean;
}): ProgressMode {
  if (surroundings.terminal && !surroundings.ci) return "line";
  return surroundings.json || surroundings.ci ? "silent" : "plain";
}

export function createProgress(options: ProgressOptions): Progress {
  switch (options.mode) {
    case "line":
      return redrawn(options);
    case "plain":
      return plain(options);
    case "silent":
      return { report() {}, clear() {} };
  }
}

function redrawn({ write, nowMs, columns }: ProgressOptions): Progress {
  let drawnMs = -Infinity;
  let step = "";
  let shown = false;
  return {
    report(name, done, detail = "") {
      if (name === step && done < 1 && nowMs() - drawnMs < REDRAW_MS) return;
      step = name;
      drawnMs = nowMs();
      shown = true;
      const filled = Math.round(clamp(done) * BAR);
      const bar = "█".repeat(filled) + "░".repeat(BAR - filled);
      write(`\r\x1b[2K${`${bar} ${percent(done)} ${name} ${detail}`.trimEnd().slice(0, Math.max(20, columns() - 1))}`);
    },
    clear() {
      if (shown) write("\r\x1b[2K");
      shown = false;
      drawnMs = -Infinity;
    },
  };
}

function plain({ write, nowMs }: ProgressOptions): Progress {
  let writtenMs = nowMs();
  return {
    report(name, done, detail = "") {
      if (nowMs() - writtenMs < PLAIN_MS) return;
      writtenMs = nowMs();
      write(`${`${percent(done)} ${name} ${detail}`.trim()}\n`);
    },
    clear() {},
  };
}

function percent(done: number): string {
  return `${Math.floor(clamp(done) * 100)}%`.padStart(4);
}

function clamp(done: number): number {
  return Math.min(1, Math.max(0, done));
}
