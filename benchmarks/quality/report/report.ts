// Report
// RESULTS.md and its pictures, from the results alone: what was run, by method and market, and what was not measured.

import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Results } from "../results.ts";
import { aimsSection } from "./aims.ts";
import { experimentChart, marketChart, summaryChart } from "./charts.ts";
import { experimentPicture, experimentsSection } from "./experiments.ts";
import { marketPicture, marketSection } from "./markets.ts";
import { methodsSection } from "./methods.ts";
import { noiseSection } from "./noise.ts";
import { notMeasured } from "./not-measured.ts";
import { settingsOf } from "./settings.ts";
import { sizesSection } from "./sizes.ts";
import { SUMMARY_PICTURE, summaryOf } from "./summary.ts";

export async function writeReport(found: Results, folder: string): Promise<void> {
  const settings = settingsOf(found.results);
  for (const old of await readdir(folder)) if (old.endsWith(".svg")) await rm(path.join(folder, old));
  await writeFile(path.join(folder, "RESULTS.md"), reportOf(found));
  const write = async (name: string, svg: string): Promise<void> => await writeFile(path.join(folder, name), svg);
  const summary = await summaryChart(settings);
  if (summary !== null) await write(SUMMARY_PICTURE, summary);
  for (const setting of settings) await write(marketPicture(setting), await marketChart(setting));
  for (const name of new Set(found.experiments.map(({ experiment }) => experiment)))
    await write(
      experimentPicture(name),
      await experimentChart(found.experiments.filter((each) => each.experiment === name)),
    );
}

export function reportOf(found: Results): string {
  const settings = settingsOf(found.results);
  const learners = [...found.results, ...found.experiments].flatMap(({ learner }) =>
    learner === undefined ? [] : [learner],
  );
  return [
    "# Allocation against other methods",
    "",
    "Made by `npm run bench:quality` from `results.json`; not edited by hand. Synthetic markets whose truth is known, new people",
    "that are in no log; and real experiments. **share**: true incremental reward of the best possible at the same true spend,",
    "mean over twelve budgets from 3 to 90 % of what the dearest arm for all would cost. **error**: mean |true spend / budget − 1|",
    "where the method thinks that it spends the budget. **shifted**: the same on another population (numeric features moved by",
    "half a deviation), with the price or plan row of before, and solved again on the method's view of the new people. Mean over",
    "the seeds ± the deviation of one seed. **ours less this**: paired by seed (the same log, the same people), with Student's",
    "95 % interval from three seeds on. **ours is**: _better_ or _worse_ where that interval lies above or below 0, _not told apart_",
    "where it has 0 in it. Seconds are the processor's, and grow on a machine that others use. Seeds from 101 on took no part in",
    "any choice of the learner, but that b 102 and D 104 showed a fault in the groups' values and how strict its mend has to be",
    "(docs/METHOD.md); the other networks' settings were chosen on seed 1 of worlds a and b, the mark's on worlds A and a.",
    "",
    `Run on: ${found.versions}.`,
    ...(learners.length > 0 ? [`Ours: ${[...new Set(learners)].join("; ")}.`] : []),
    ...summaryOf(settings),
    ...aimsSection(settings),
    ...experimentsSection(found.experiments),
    ...noiseSection(settings),
    ...sizesSection(settings),
    ...settings.flatMap(marketSection),
    ...methodsSection(),
    "",
    "## Not measured",
    "",
    ...notMeasured(found, settings).map((line) => `- ${line}`),
    "",
  ].join("\n");
}
