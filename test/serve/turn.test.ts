// The thread's turns: one cycle computes at a time, in the order of their coming, and between two the rest goes on.

import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { oneAtATime } from "../../src/serve/turn.ts";

test("works come one after another, in the order in which they asked", async () => {
  const inTurn = oneAtATime();
  const told: string[] = [];
  const work = (name: string) => async (): Promise<string> => {
    told.push(`${name} begins`);
    await setImmediate();
    await setImmediate();
    told.push(`${name} ends`);
    return name;
  };
  const done = await Promise.all(["a", "b", "c"].map(async (name) => await inTurn(work(name))));
  expect(done).toEqual(["a", "b", "c"]);
  expect(told).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("a work that fails gives its turn on, and its caller the error", async () => {
  const inTurn = oneAtATime();
  const failing = inTurn(async () => await Promise.reject(new Error("no")));
  const next = inTurn(async () => await Promise.resolve("next"));
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
});

test("what follows a work, and what waits for its turn of the event loop, goes before the next work", async () => {
  const inTurn = oneAtATime();
  const told: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    if (name === "a") void setImmediate().then(() => told.push("somebody else"));
    told.push(name);
    await Promise.resolve();
  };
  const first = inTurn(work("a")).then(async () => {
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
    told.push("a's records go to the log");
  });
  await Promise.all([first, inTurn(work("b"))]);
  expect(told).toEqual(["a", "a's records go to the log", "somebody else", "b"]);
});
