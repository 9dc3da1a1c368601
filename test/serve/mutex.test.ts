// The mutex of a thread: one cycle computes at a time, first come, first served, and between two the rest goes on.

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { fifoMutex } from "../../src/serve/mutex.ts";

test("works come one after another, in the order in which they asked", async () => {
  const exclusively = fifoMutex();
  const steps: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    steps.push(`${name} begins`);
    await setImmediate();
    await setImmediate();
    steps.push(`${name} ends`);
    return name;
  };
  const done = await Promise.all(["a", "b", "c"].map(async (name) => await exclusively(work(name))));
  expect(done).toEqual(["a", "b", "c"]);
  expect(steps).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("a work that fails releases it, and gives its caller the error", async () => {
  const exclusively = fifoMutex();
  const failing = exclusively(async () => await Promise.reject(new Error("no")));
  const next = exclusively(async () => await Promise.resolve("next"));
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
});

test("what follows a work, and what waits for its turn of the event loop, goes before the next work", async () => {
  const exclusively = fifoMutex();
  const steps: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    if (name === "a") void setImmediate().then(() => steps.push("somebody else"));
    steps.push(name);
    await Promise.resolve();
  };
  const first = exclusively(work("a")).then(async () => {
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
    steps.push("a's records go to the log");
  });
  await Promise.all([first, exclusively(work("b"))]);
  expect(steps).toEqual(["a", "a's records go to the log", "somebody else", "b"]);
});
