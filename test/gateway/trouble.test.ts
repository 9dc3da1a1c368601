// A gateway on the embedded log that is killed under load, and one whose log cannot be written for a while.

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { killedUnderLoad, logAway } from "./trouble.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

it("killed under load loses no decision and doubles none", async () => {
  await killedUnderLoad(world, 300);
  expect((await world.shell.run("verify")).code).toBe(0);
}, 180_000);

it("answers 503 while its log cannot be written, and goes on when it can", async () => {
  const door = await world.gateway();
  const other = new DatabaseSync(join(world.shell.env["STIPEND_DIR"] ?? "", "log.sqlite"));
  try {
    await logAway(
      world,
      door,
      async () => other.exec("BEGIN IMMEDIATE"),
      async () => other.exec("COMMIT"),
    );
  } finally {
    other.close();
  }
});
