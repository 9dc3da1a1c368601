// A training runs in a process of its own, and its failure is told with its last words.

import { expect, test } from "vitest";
import { runTraining, TrainingFailed } from "../../src/retrain/trainer.ts";

function run(script: string, onLine: (line: string) => void = () => undefined) {
  return runTraining({ command: process.execPath, args: ["-e", script], onLine });
}

test("what it prints is the answer, what it says is passed on", async () => {
  const lines: string[] = [];
  const answer = await run(
    'console.error("step 1"); console.error("step 2"); console.log("{\\"release\\":\\"abc\\"}")',
    (line) => lines.push(line),
  );
  expect(answer).toEqual({ release: "abc" });
  expect(lines).toEqual(["step 1", "step 2"]);
});

test.each([
  [
    "a failure says how it ended and what was said last",
    'console.error("no such column"); process.exit(1)',
    /ended with 1[^]*no such column/,
  ],
  ["a signal is named", 'process.kill(process.pid, "SIGKILL")', /ended by SIGKILL/],
  ["an answer that is no object is a failure", 'console.log("done")', /no JSON object/],
])("%s", async (_promise, script, message) => {
  const failure = run(script);
  await expect(failure).rejects.toThrow(TrainingFailed);
  await expect(failure).rejects.toThrow(message);
});

test("a program that is not there is named", async () => {
  await expect(runTraining({ command: "/no/such/program", args: [], onLine: () => undefined })).rejects.toThrow(
    /could not run[^]*no\/such\/program/,
  );
});
