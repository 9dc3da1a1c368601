// npm run chaos -- [--minutes M] [--seed S] [--rate SESSIONS_A_SECOND] [--brokers N] [--break c2|c3] [--json]
//
// With --brokers 3, on a cluster whose brokers are killed, frozen for half a minute, restarted in turn and moved as well.
// Ends with 0 when nothing is wrong and 1 when something is. With --break, the allocators of this run break a law on
// purpose: it is to be caught.

import { brokersOption, runScript, USUAL } from "../../fixtures/script.ts";
import { option, withDefault } from "../../src/cli/options.ts";
import { asInteger, asNumber, asOneOf } from "../../src/settings/parse.ts";
import { runChaos } from "./chaos.ts";
import { isClean, type ChaosResult } from "./chaos-result.ts";

await runScript(
  import.meta.url,
  {
    name: "chaos",
    summary:
      "Three allocators under fire on a real broker. Ends with 0 when nothing is wrong, and with 1 when something is.",
    options: {
      minutes: withDefault("minutes", "how long", asNumber({ min: 0.1 }), 2),
      seed: withDefault("number", "of what is harmed when", asInteger({ min: 0 }), 1),
      rate: withDefault("sessions", "sessions a second", asNumber({ min: 1 }), 200),
      brokers: brokersOption("3: a cluster, whose brokers are harmed too"),
      break: option(
        "law",
        "the law that the allocators break, to see that it is caught: c2 or c3",
        asOneOf(["c2", "c3"]),
      ),
      json: USUAL.json,
    },
  },
  async ({ minutes, seed, rate, brokers, break: breaks = null, json }) => {
    const say = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);
    const options = { seconds: minutes * 60, seed, ratePerSecond: rate, brokers, frozenMs: 30_000, breaks, say };
    const result = await runChaos(options);
    console.log(json ? JSON.stringify(result) : textOf(result));
    // What was killed may have left a timer behind.
    process.exit(isClean(result) ? 0 : 1);
  },
);

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
