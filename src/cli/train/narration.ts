// Narration
// A training tells how far each step is; here it becomes what a person sees: the moving line, a line that stays for each
// step when the next begins, and, where a program passes it on to somebody, plain lines on the way.

import type { Progress } from "../../learn/nouns.ts";
import type { Context } from "../command.ts";

export interface NarrationOptions {
  /** Plain lines on the way too. */
  readonly plain: boolean;
  readonly elapsedMs: () => number;
}

const PLAIN_MS = 1_000;

export function narrated({ progress, output }: Context, { plain, elapsedMs }: NarrationOptions): Progress {
  let step = "";
  let startedMs = elapsedMs();
  let saidMs = startedMs;
  let last = "";
  return (name, done, detail = "") => {
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
