// npm run chaos -- [--minutes M] [--seed S] [--rate SESSIONS_A_SECOND] [--brokers N] [--break c2|c3] [--json]
//
// With --brokers 3, on a cluster whose brokers are killed, frozen for half a minute, restarted in turn and moved as well.
// Ends with 0 when nothing is wrong and 1 when something is. With --break, the allocators of this run break a law on
// purpose: it is to be caught.

import { parseArgs } from "node:util";
import { runChaos } from "./chaos.ts";
import { isClean, type ChaosResult, type Law } from "./chaos-result.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    rate: { type: "string", default: "200" },
    brokers: { type: "string", default: "1" },
    break: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});

const LAWS: Readonly<Record<string, Law | null>> = { "": null, c2: "c2", c3: "c3" };
const [minutes, seed, ratePerSecond] = [Number(values.minutes), Number(values.seed), Number(values.rate)];
const brokers = Number(values.brokers);
const breaks = LAWS[values.break];
if (
  !(minutes > 0) ||
  !Number.isInteger(seed) ||
  !(ratePerSecond > 0) ||
  ![1, 3].includes(brokers) ||
  breaks === undefined
) {
  console.error(
    "chaos: --brokers is 1 or 3, --minutes and --rate are numbers above 0, --seed an integer, --break c2 or c3",
  );
  process.exit(2);
}
const say = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);
const options = { seconds: minutes * 60, seed, ratePerSecond, brokers, frozenMs: 30_000, breaks, say };
const result = await runChaos(options);
console.log(values.json ? JSON.stringify(result) : textOf(result));
process.exit(isClean(result) ? 0 : 1);

function textOf(of: ChaosResult): string {
  const kills = Object.entries(of.kills).map(([kind, count]) => `${kind} ${count}`);
  const endings = [...of.ownEndings, ...of.badEndings].map(
    ({ name, code, said }) => `${name} ended with ${code}: ${said}`,
  );
  return [
    `seed ${of.seed}, ${of.seconds} s: ${of.sessions} sessions, ${of.decisions} decisions`,
    `missing ${of.missing}, doubled ${of.doubled}, unsound ${of.unsound}, overspend ${of.overspend}`,
    `budget ${of.budget.minor}: spent ${of.budget.spent}, held ${of.budget.held}`,
    `cuts ${of.cuts.count}, of which ${of.cuts.belowOut} below what was out, applied everywhere in ${timesText(of.cuts.tookMs)}`,
    `raises ${of.raises.count}, in ${timesText(of.raises.tookMs)}`,
    ...(of.unapplied > 0 ? [`changes of the budget that some partition never applied: ${of.unapplied}`] : []),
    `granted over ${of.over.grantedOver}, taken over ${of.over.takenOver}, taken above a cut ${of.over.takenAboveCut}`,
    `kills: ${kills.join(", ")}; sent again: ${of.sentAgain}; settled in ${of.settleMs} ms`,
    ...of.brokerHarms.map(
      ({ harm, recoveredMs }) => `${harm}: every partition decided again after ${recoveredMs ?? "?"} ms`,
    ),
    `verify: ${of.verify.ok ? "every law holds" : `${of.verify.violations} violations`}`,
    ...endings,
    ...of.wrong,
    isClean(of) ? "clean" : "NOT CLEAN",
  ].join("\n");
}

function timesText(tookMs: readonly number[]): string {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)] ?? "?"} ms at the middle, ${sorted.at(-1) ?? "?"} at most`;
}
