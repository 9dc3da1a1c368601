// Every alert of deploy/ fires when what it tells of happens, and ends when that is over: on a real allocator under a real
// Prometheus. `npm run game-day` runs this alone; it prints what the operator saw.

import { expect, test } from "vitest";
import { playGameDay, type Seen } from "./game-day.ts";
import { alertNames, hasPrometheus } from "./prometheus.ts";

const needs = hasPrometheus ? "" : " [needs Prometheus: apt-get install prometheus]";

test.skipIf(!hasPrometheus)(`each alert fires and ends${needs}`, { timeout: 300_000 }, async () => {
  console.log("alert                    fires after  ends after  what was made, and what is said first");
  const seen = await playGameDay((each) => console.log(lineOf(each)));
  expect(new Set(seen.map(({ alert }) => alert))).toEqual(new Set(alertNames()));
});

function lineOf({ alert, firesAfterS, endsAfterS, incident, says }: Seen): string {
  const times = [firesAfterS, endsAfterS].map((seconds) => `${seconds} s`.padStart(11)).join(" ");
  return `${alert.padEnd(24)} ${times}  ${incident}${says === "" ? "" : `: ${says.slice(0, 160)}`}`;
}
