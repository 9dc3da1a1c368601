// `stipend evaluate` on a table whose truth is known: what it prints is what is so, or it says what is wrong.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { sharesAt } from "../../../src/domain/release/frontier.ts";
import type { Interval } from "../../../src/evaluate/policy/bootstrap.ts";
import { testOnRealLog } from "../../real-data.ts";
import { writeRelease } from "../../serve/tiny-release.ts";
import { FACES, offerCsv, OFFER_MAPPING, SENDS, SHARES, truthOf, WEIGHT, type OfferRow } from "../offer-log.ts";
import { openOfferTable, release, rising, ROWS, rows, type Printed } from "./offer-table.ts";

const { shell, line, evaluated, pathOf } = openOfferTable();

/** EOM with arithmetic of its own, straight from the rows. */
function eom(of: readonly OfferRow[], shares: readonly (readonly number[])[]): { reward: number; cost: number } {
  let [reward, cost] = [0, 0];
  for (const { cluster, arm, ordered } of of) {
    const weight = (shares[cluster]?.[arm] ?? 0) / SHARES[arm];
    reward += weight * (ordered ? WEIGHT : 0);
    cost += weight * (SENDS[arm] + (ordered ? FACES[arm] : 0));
  }
  return { reward: reward / of.length, cost: cost / of.length };
}

/** How often intervals hold the truth is shown elsewhere (test/evaluate); here none may be far from it. */
const isNear = ({ value, se }: Interval, truth: number): boolean => Math.abs(value - truth) <= 4 * se;

describe("a release on a table", () => {
  test("each arm for all has the value that the rows give it, and the truth is near", async () => {
    const { arms, rows: counted, warnings } = await evaluated(`--release ${pathOf("first")}`);
    expect(counted).toBe(ROWS);
    expect(warnings).toEqual([]);
    expect(arms.map(({ arm }) => arm)).toEqual(["none", "small", "large"]);
    arms.forEach(({ value }, arm) => {
      const shares = [0, 1].map(() => [0, 1, 2].map((other) => (other === arm ? 1 : 0)));
      const expected = eom(rows, shares);
      const truth = truthOf(shares);
      expect(must(value, "value").reward.value).toBeCloseTo(expected.reward, 6);
      expect(must(value, "value").cost.value).toBeCloseTo(expected.cost, 4);
      expect(isNear(must(value, "value").reward, truth.reward)).toBe(true);
      expect(isNear(must(value, "value").cost, truth.cost)).toBe(true);
    });
  });

  test("each budget has the plan that would be in force on the log's own mix, and its value", async () => {
    const printed = await evaluated(`--release ${pathOf("first")} --budgets 3`);
    const { budgets, mix, hash } = must(printed.releases[0], "release");
    expect(hash).toBe(release.hash);
    const few = rows.filter(({ cluster }) => cluster === 0).length / ROWS;
    expect(mix[0]).toBeCloseTo(few, 10);
    // The dearest row by the release's estimate: small for the first cluster, large for the second.
    const top = few * 50 + (1 - few) * 100;
    expect(budgets.map(({ budgetPerSession }) => budgetPerSession)).toEqual(
      [1, 2, 3].map((point) => expect.closeTo((top * point) / 3, 8)),
    );
    for (const { position, value, expected, budgetPerSession } of budgets) {
      const shares = [0, 1].map((cluster) => sharesAt(release.manifest.frontier, position, cluster));
      const found = must(value, "value");
      expect(found.reward.value).toBeCloseTo(eom(rows, shares).reward, 6);
      expect(found.cost.value).toBeCloseTo(eom(rows, shares).cost, 4);
      expect(isNear(found.reward, truthOf(shares).reward)).toBe(true);
      expect(expected.cost).toBeCloseTo(budgetPerSession, 6);
    }
  });

  test("the one mix for all spends what the plan spends, and the plan that tells users apart beats it", async () => {
    const { releases } = await evaluated(`--release ${pathOf("first")} --budgets 3`);
    const dearest = must(releases[0]?.budgets.at(-1), "budget");
    expect(dearest.oneMix.value?.cost.value).toBeCloseTo(must(dearest.value, "value").cost.value, 4);
    expect(Object.values(dearest.oneMix.shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(dearest.overOneMix?.value).toBeCloseTo(
      must(dearest.value, "value").reward.value - must(dearest.oneMix.value, "mix").reward.value,
      8,
    );
    expect(dearest.overOneMix?.low).toBeGreaterThan(0);
  });

  test("it ranks users for the arm that works for one cluster only, and for the other the wrong way round", async () => {
    const { releases } = await evaluated(`--release ${pathOf("first")}`);
    const [small, large] = must(releases[0], "release").ranking;
    // The release believes that every arm does more for the second cluster; small does nothing for it.
    expect(large?.arm).toBe("large");
    expect(large?.qini?.low).toBeGreaterThan(0);
    expect(large?.aucc?.low).toBeGreaterThan(0.5);
    expect(small?.qini?.high).toBeLessThan(0);
  });

  test("of each arm the uplift curve is told from nobody to everybody, and Qini is the area above chance", async () => {
    const { releases } = await evaluated(`--release ${pathOf("first")}`);
    for (const { curve, qini } of must(releases[0], "release").ranking) {
      expect(curve.map(({ share }) => share)).toEqual(
        Array.from({ length: 21 }, (_, step) => expect.closeTo(step / 20, 10)),
      );
      const all = must(curve.at(-1), "everybody").value;
      const area = curve
        .slice(1)
        .reduce((sum, { value }, at) => sum + (value + must(curve[at], "before").value) / 40, 0);
      // The steps cut the corner at the only point between nobody and everybody.
      expect(area - all / 2).toBeCloseTo(must(qini, "Qini").value, 1);
      for (const { low, value, high } of curve) expect(low <= value && value <= high).toBe(true);
    }
  });

  test("the feature that tells the clusters apart drives the plan; one that they do not look at has no part in it", async () => {
    const { releases } = await evaluated(`--release ${pathOf("first")} --budgets 1`);
    const { driving } = must(releases[0], "release");
    const { rows: counted, features } = must(driving, "what drives it");
    expect(counted).toBe(ROWS);
    expect(features.map(({ feature }) => feature)).toEqual(["visits", "vip"]);
    const [visits, vip] = features;
    // Small for the first cluster, large for the second; shuffled, at the spend of the plan, half of the users get what is no use to them.
    expect(visits?.fall.low).toBeGreaterThan(0);
    expect(visits?.movedShare).toBeCloseTo(0.5, 1);
    expect(vip).toMatchObject({ movedShare: 0, fall: { value: 0, low: 0, high: 0 } });
    const again = await evaluated(`--release ${pathOf("first")} --budgets 1`);
    expect(must(again.releases[0], "release").driving).toEqual(driving);
    const fewer = await evaluated(`--release ${pathOf("first")} --budgets 1 --importance-rows 500`);
    expect(must(fewer.releases[0], "release").driving?.rows).toBe(500);
    const none = await evaluated(`--release ${pathOf("first")} --budgets 1 --importance-rows 0`);
    expect(must(none.releases[0], "release").driving).toBeNull();
  });

  test("two releases are told apart by paired differences; one that does the same has none", async () => {
    const { releases } = await evaluated(`--release ${pathOf("first")} ${pathOf("second")} --budgets 2`);
    expect(releases.map(({ label }) => label)).toEqual(["first", "second"]);
    expect(releases[0]?.budgets.map(({ overFirst }) => overFirst)).toEqual([null, null]);
    expect(releases[1]?.budgets.map(({ overFirst }) => overFirst?.se)).toEqual([0, 0]);
  });

  test("the same seed prints the same, another seed other intervals of the same values", async () => {
    const [one, again, other] = await Promise.all(
      ["3", "3", "4"].map((seed) => shell.run(`${line} --seed ${seed} --json`)),
    );
    expect(one?.out).toBe(again?.out);
    const values = (ended: typeof one) =>
      (must(ended, "a run").json[0] as unknown as Printed).arms.map(({ value }) => value?.reward);
    expect(values(other)).not.toEqual(values(one));
    expect(values(other).map((reward) => reward?.value)).toEqual(
      values(one).map((reward) => expect.closeTo(must(reward, "reward").value, 8)),
    );
  });

  test("a release that was learned from these rows is warned of", async () => {
    const evidence = JSON.stringify({ data: { files: ["elsewhere/log.csv"] } });
    await writeRelease(rising("learned"), pathOf("learned"));
    writeFileSync(join(pathOf("learned"), "evidence.json"), evidence);
    const { warnings } = await evaluated(`--release ${pathOf("learned")}`);
    expect(warnings).toEqual([expect.stringMatching(/learned from log\.csv.*judge it on rows of another log/)]);
    const { out } = await shell.run(`${line} --release ${pathOf("learned")} --value 2.50EUR`);
    expect(out).toMatch(/^No verdict: it was learned from these rows/m);
    expect(out).not.toMatch(/better at|^Profit: Most/m);
    const page = pathOf("learned.html");
    await shell.run(`${line} --release ${pathOf("learned")} --out ${page}`);
    expect(readFileSync(page, "utf8")).toContain("No verdict: it was learned from these rows");
    expect(readFileSync(page, "utf8")).not.toContain("Better than one mix for all");
  });

  test("the test rows are a fifth, the same by every seed, and a release of the others is judged on them without a warning", async () => {
    await writeRelease(rising("apart"), pathOf("apart"));
    const write = (data: object) => writeFileSync(join(pathOf("apart"), "evidence.json"), JSON.stringify({ data }));
    write({ files: ["elsewhere/log.csv"], part: "train" });
    const tested = await evaluated(`--release ${pathOf("apart")} --rows test`);
    expect(tested.rows / ROWS).toBeCloseTo(0.2, 1);
    expect(tested.warnings).toEqual([]);
    const another = await evaluated(`--release ${pathOf("apart")} --rows test --seed 9`);
    expect(another.arms.map(({ value }) => value?.reward.value)).toEqual(
      tested.arms.map(({ value }) => expect.closeTo(must(value, "value").reward.value, 8)),
    );
    // All rows, or those of a file by another name, are not apart from what it learned.
    expect((await evaluated(`--release ${pathOf("apart")}`)).warnings).toHaveLength(1);
    write({ files: ["log.csv", "more.csv"], part: "train" });
    expect((await evaluated(`--release ${pathOf("apart")} --rows test`)).warnings).toHaveLength(1);
  });

  test("for a person it prints tables and a verdict", async () => {
    const { code, out } = await shell.run(`${line} --release ${pathOf("first")} --budgets 2`);
    expect(code).toBe(0);
    expect(out).toMatch(/^12,000 rows of log\.csv\n/);
    expect(out).toMatch(/^none +\S+ \(\S+ to \S+\) +0 \(0 to 0\)/m);
    expect(out).toMatch(/better at \d of 2 budgets, worse at \d, and not told apart by these rows at \d\./);
    expect(out).toContain("it does not rank policies");
    expect(out).not.toMatch(/NaN|Infinity|undefined/);
  });

  test.each([
    ["an arm", [4_000, 4_000, 29], [true, true, false]],
    ["the control, and then of anything", [29, 4_000, 4_000], [false, false, false]],
  ])("where too few rows speak of %s, it gives no value, no AUCC and no Qini", async (_, most, given) => {
    const seen = [0, 0, 0];
    const kept = rows.filter(({ arm }) => (seen[arm] = (seen[arm] ?? 0) + 1) <= must(most[arm], "most"));
    const shares = most.map((_, arm) => kept.filter((row) => row.arm === arm).length / kept.length);
    const [data, mapping] = [join(shell.folder, "few.csv"), join(shell.folder, "few.yaml")];
    writeFileSync(data, offerCsv(kept));
    const written = SHARES.reduce(
      (text, share, arm) => text.replace(`propensity: ${share} }`, `propensity: ${shares[arm]} }`),
      OFFER_MAPPING,
    );
    writeFileSync(mapping, written);
    const asked = `evaluate --data ${data} --mapping ${mapping} --release ${pathOf("first")} --budgets 2`;
    const { code, err, json } = await shell.run(`${asked} --json`);
    expect(code, err).toBe(0);
    const { arms, releases } = json[0] as unknown as Printed;
    expect(arms.map(({ value }) => value !== null)).toEqual(given);
    for (const { arm, aucc, qini } of must(releases[0], "release").ranking) {
      const isGiven = given[0] === true && given[arms.findIndex((each) => each.arm === arm)] === true;
      if (!isGiven) expect([aucc, qini]).toEqual([null, null]);
      else expect(qini).not.toBeNull();
    }
    const { out } = await shell.run(asked);
    expect(out).toMatch(
      /Fewer than 30 rows of equal weight speak for these, or for the control, and no figure is given: /,
    );
    expect(out).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("money is in the currency's own units: one cent is one yen, and a thousandth of a dinar is one of its minor units", async () => {
    const spendIn = async (currency: string) => {
      const mapping = join(shell.folder, `${currency}.yaml`);
      writeFileSync(mapping, OFFER_MAPPING.replace("EUR", currency));
      const data = join(shell.folder, "log.csv");
      const { out } = await shell.run(`evaluate --data ${data} --mapping ${mapping} --replicates 100`);
      expect(out).toContain(`money is ${currency}`);
      const [, spend = ""] = /^large +\S+ \(\S+ to \S+\) +(\S+) /m.exec(out) ?? [];
      return Number(spend.replaceAll(",", ""));
    };
    const [euro, yen, dinar] = [await spendIn("EUR"), await spendIn("JPY"), await spendIn("KWD")];
    expect(yen).toBe(100 * euro);
    // Three digits are printed of each.
    expect(Math.abs(dinar / (euro / 10) - 1)).toBeLessThan(0.01);
  });
});

testOnRealLog("hillstrom", "on a published experiment each arm has the published mean", async (file) => {
  const mapping = join(import.meta.dirname, "../../../examples/hillstrom.yaml");
  const { code, err, json } = await shell.run(["evaluate", "--json", "--data", file, "--mapping", mapping]);
  expect(code, err).toBe(0);
  const { arms, rows: counted } = json[0] as unknown as Printed;
  expect(counted).toBe(64_000);
  // Visits by segment; with one propensity an arm, the self-normalised mean is the segment's own.
  expect(arms.map(({ value }) => value?.selfNormalised?.reward.value.toFixed(4))).toEqual([
    "0.1062",
    "0.1828",
    "0.1514",
  ]);
  // Mens e-mail: of 21,307 rows a normal interval of .1828 is ± .0052.
  const mens = must(arms[1]?.value?.selfNormalised, "value").reward;
  expect((mens.high - mens.low) / 2).toBeCloseTo(0.0052, 3);
});

describe("--out", () => {
  test("writes a page of its own with the pictures, and says where; what is there stays without --force", async () => {
    const page = pathOf("page.html");
    const asked = `${line} --release ${pathOf("first")} ${pathOf("second")} --out ${page}`;
    const { code, json } = await shell.run(`${asked} --json`);
    expect([code, json[0]?.["page"]]).toEqual([0, page]);
    const html = readFileSync(page, "utf8");
    expect(html.match(/<svg/g)).toHaveLength(14);
    expect(html).toContain("Whether it pays to tell users apart");
    expect(html).toContain("12,000");
    expect(html).not.toMatch(/NaN|Infinity|undefined|<script|https?:\/\/(?!www\.w3\.org)/);
    expect((await shell.run(asked)).err).toMatch(/page\.html: it is there already; --force replaces it/);
    expect((await shell.run(`${asked} --force`)).out).toContain(`The page is ${page}`);
  });
});

test("a log whose arms chance did not give is refused by what tells them apart, and taken as observational only", async () => {
  // Coupons of two thirds of those who are no VIPs were never recorded.
  const some = rows.filter(({ arm, vip }, index) => arm === 0 || vip || index % 3 === 0);
  writeFileSync(pathOf("broken.csv"), offerCsv(some));
  const asked = `evaluate --data ${pathOf("broken.csv")} --mapping ${pathOf("mapping.yaml")}`;
  const { code, err } = await shell.run(asked);
  expect(code).toBe(2);
  expect(err).toMatch(/sample ratio mismatch/);
  expect(err).toMatch(/the users of small are not like those of none: standardised mean differences .*vip/);
  const page = pathOf("observational.html");
  const taken = await shell.run(`${asked} --observational --out ${page} --json`);
  expect(taken.code).toBe(0);
  expect(taken.json[0]?.["warnings"]).toContainEqual(expect.stringContaining("nothing here is causal"));
  expect(readFileSync(page, "utf8")).toContain("nothing here is causal");
});
