// Narration
// A training tells how far each step is; here it becomes what a person sees: the moving line, a line that stays for each
// step when the next begins, and, where a program passes it on to somebody, plain lines on the way. It is also where a
// training is interrupted: between two pieces of work, so that what it staged is cleared away.

import type { ProgressListener } from "../../learn/nouns.ts";
import type { Context } from "../../terminal/context.ts";

export interface NarrationOptions {
  /** Plain lines on the way too. */
  readonly plain: boolean;
  readonly elapsedMs: () => number;
}

const PLAIN_MS = 1_000;

export class Interrupted extends Error {
  override name = "Interrupted";

  constructor() {
    super("interrupted: no release was written");
  }
}

export function narrated(
  { progress, output, signal }: Context,
  { plain, elapsedMs }: NarrationOptions,
): ProgressListener {
  let step = "";
  let startedMs = elapsedMs();
  let saidMs = startedMs;
  let last = "";
  return (name, done, detail = "") => {
    if (signal.aborted) throw new Interrupted();
    const nowMs = elapsedMs();
    if (name !== step) {
      if (step !== "")
        output.note(`${step.padEnd(10)} ${((nowMs - startedMs) / 1000).toFixed(1).padStart(6)} s  ${last}`.trimEnd());
      [step, startedMs, last] = [name, nowMs, ""];
    }
    if (detail !== "") last = detail;
    progress.report(name, done, detail);
    if (!plain || nowMs - saidMs < PLAIN_MS) return;
    saidMs = nowMs;
    output.note(`${`${Math.floor(100 * done)}%`.padStart(4)} ${name} ${detail}`.trimEnd());
  };
}
