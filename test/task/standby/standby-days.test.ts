import { expect, test } from "vitest";
import { StandbyDay } from "./standby-day.ts";

const SEEDS = 40;

test("in seeded days of processes that die, freeze, lose disks and come back amid copying, each record counts once", async () => {
  let copied = 0;
  let shortRestores = 0;
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const day = new StandbyDay(seed);
    await day.play();
    copied += day.reports.filter(({ by, records }) => by === "standby" && records > 0).length;
    shortRestores += day.reports.filter(({ by, records }) => by === "task" && records > 0 && records < 20).length;
  }
  expect(copied).toBeGreaterThan(SEEDS);
  expect(shortRestores).toBeGreaterThan(SEEDS);
}, 120_000);
