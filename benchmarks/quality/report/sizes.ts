// Sizes: processor time by number of rows, and how it grows.

import { METHODS } from "../results.ts";
import { mean } from "../scorer.ts";
import { digits, rowsText, table } from "./format.ts";
import { methodsIn, of, type Setting } from "./settings.ts";

export function sizesSection(settings: readonly Setting[]): string[] {
  const clean = settings.filter(({ noise }) => noise === 0);
  const worlds = [...new Set(clean.map(({ world }) => world))].filter(
    (world) => clean.filter((each) => each.world === world).length > 1,
  );
  if (worlds.length === 0) return [];
  return [
    "",
    "## Sizes",
    "",
    "Seconds of the processor to learn and to predict, and the share reached. **grows as**: the power of the number of rows that",
    "takes the first size's seconds to the last one's.",
    ...worlds.flatMap((world) =>
      sizesOf(
        clean.filter((each) => each.world === world),
        world,
      ),
    ),
  ];
}

function sizesOf(settings: readonly Setting[], world: string): string[] {
  const heads = settings.flatMap(({ rows }) => [`${rowsText(rows)} rows`, "share"]);
  return [
    "",
    `World ${world}:`,
    ...table(
      ["method", ...heads, "grows as"],
      methodsIn(settings).map((method) => {
        const known = settings.filter((setting) => of(setting, method).length > 0);
        const seconds = (setting: Setting): number => mean(of(setting, method).map((each) => each.seconds));
        const cells = settings.flatMap((setting) =>
          of(setting, method).length === 0
            ? ["", ""]
            : [`${Math.round(seconds(setting))} s`, digits(mean(of(setting, method).map(({ share }) => share)))],
        );
        const [first, last] = [known[0]!, known.at(-1)!];
        const power = Math.log(seconds(last) / seconds(first)) / Math.log(last.rows / first.rows);
        return [METHODS[method]!, ...cells, known.length > 1 ? `n^${power.toFixed(2)}` : ""];
      }),
    ),
  ];
}
