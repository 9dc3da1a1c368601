// A door that closes: who waits for an answer has it, as when a new version takes the place of one that runs.

import { expect, it } from "vitest";
import { openDoor } from "./door.ts";

it("answers first who waits, and nobody who comes later", async () => {
  const door = await openDoor();
  const waiting = fetch(`${door.address}/waits`);
  await door.asked;
  const closed = door.app.close();
  door.answer();
  const answer = await waiting;
  expect([answer.status, await answer.json()]).toEqual([200, { ok: true }]);
  await closed;
  await expect(fetch(`${door.address}/open`)).rejects.toThrow("fetch failed");
});

it("does not wait for an answer that never comes", async () => {
  const door = await openDoor({ bounds: { requestMs: 500 } });
  const waiting = fetch(`${door.address}/waits`);
  await door.asked;
  await Promise.all([door.app.close(), expect(waiting).rejects.toThrow("fetch failed")]);
});
