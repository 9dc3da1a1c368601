// A log is what it is taken for: one in which chance gave the arms. What is more than chance is told; what is large besides is
// refused, unless whoever asks says that nothing is to be causal.

import { describe, expect, test } from "vitest";
import { seededRandom, type Random } from "../../../src/domain/random.ts";
import { chiSquareTail, sampleRatio } from "../../../src/domain/sample-ratio.ts";
import { NOT_CAUSAL } from "../../../src/learn/data/dataset.ts";
import { MAPPING, openCsv } from "../log-files.ts";

const ARMS = ["none", "small", "large"] as const;
const CITIES = ["Rome", "Lyon", "Graz", "Oslo"] as const;

interface Person {
  readonly age: number;
  readonly member: boolean;
  readonly city: string;
}

interface Drawn {
  readonly arm: number;
  /** Further columns. */
  readonly more?: readonly (string | number)[];
}

/** Rows whose arm is drawn as told. */
function logOf(rows: number, seed: string, draw: (person: Person, random: Random) => Drawn, columns = ""): string {
  const random = seededRandom(seed);
  const lines = [`age,member,city,offer,ordered,redeemed${columns}`];
  for (let row = 0; row < rows; row += 1) {
    const person = { age: 18 + random.below(60), member: random.unit() < 0.5, city: CITIES[random.below(4)] ?? "" };
    const { arm, more = [] } = draw(person, random);
    const ordered = random.unit() < 0.2;
    const { age, member, city } = person;
    const redeemed = ordered && arm > 0 && random.unit() < 0.5;
    lines.push([age, Number(member), city, ARMS[arm], Number(ordered), Number(redeemed), ...more].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** By shares of the three arms. */
function drawn(random: Random, shares: readonly number[]): number {
  const u = random.unit();
  return u < shares[0]! ? 0 : u < shares[0]! + shares[1]! ? 1 : 2;
}

const THIRDS = [1 / 3, 1 / 3, 1 / 3];
const honest = (_: Person, random: Random): Drawn => ({ arm: drawn(random, THIRDS) });
const BY_COLUMN = `${MAPPING.replaceAll(/, propensity: [\d.]+/g, "")}propensity: { column: p }\n`;

describe("the chi-square test", () => {
  test.each([
    [1, 3.841458821, 0.05],
    [1, 10.82756617, 0.001],
    [2, 13.81551056, 0.001],
    [5, 1.145476226, 0.95],
    [10, 29.58829845, 0.001],
    [63, 103.4424, 0.001],
  ])("of %i degrees at %d has the published tail %d", (degrees, statistic, p) => {
    expect(chiSquareTail(degrees, statistic) / p).toBeCloseTo(1, 3);
  });

  test("of counts is that of their distance from the shares", () => {
    expect(sampleRatio([3530, 3235, 3235], THIRDS).statistic).toBeCloseTo(17.41, 2);
    expect(sampleRatio([50, 50], [0.5, 0.5]).p).toBe(1);
    expect(sampleRatio([], []).p).toBe(1);
    expect(sampleRatio([100_000, 0], [0.5, 0.5]).p).toBeLessThan(1e-300);
  });
});

describe("sample ratio", () => {
  const rowsOf = (counts: readonly number[]): string => {
    const left = [...counts];
    return logOf(
      counts.reduce((a, b) => a + b, 0),
      "ratio",
      (_, random) => {
        const at = random.below(left[0]! + left[1]! + left[2]!);
        const arm = at < left[0]! ? 0 : at < left[0]! + left[1]! ? 1 : 2;
        left[arm]! -= 1;
        return { arm };
      },
    );
  };

  test("is told from p < 0.001 on, with the counts' shares and the propensities", async () => {
    const { warnings } = await openCsv(rowsOf([3530, 3235, 3235]));
    expect(warnings[0]).toMatch(
      /column offer: sample ratio mismatch.*chi-square 17\.\d, p 0.0001\d.*none 35.30 % for 33.33 %/,
    );
    expect((await openCsv(rowsOf([3400, 3300, 3300]))).warnings.join()).not.toContain("sample ratio");
  });

  test("is refused where no chance explains it and it is not rounding", async () => {
    await expect(openCsv(rowsOf([4200, 2900, 2900]))).rejects.toThrow("sample ratio mismatch");
    const rounded = MAPPING.replaceAll("0.3333", "0.33").replace("0.3334", "0.34");
    await expect(openCsv(rowsOf([3400, 3300, 3300]), rounded)).resolves.toBeDefined();
  });
});

describe("balance", () => {
  test("chance is found to be chance: in ten logs nobody is told of anything", async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const { randomisation } = await openCsv(logOf(2000, `honest ${seed}`, honest));
      expect([randomisation.told, randomisation.failed]).toEqual([[], []]);
      expect(randomisation.tested?.arms.map(({ differences }) => differences.length)).toEqual([3, 3]);
    }
  });

  const broken = (person: Person, random: Random): Drawn => ({
    arm: drawn(random, person.member ? [0.2, 0.4, 0.4] : [0.4667, 0.2667, 0.2666]),
  });

  test("arms that went to members first are refused by the name of the feature and the classifier's AUC", async () => {
    const opened = openCsv(logOf(4000, "broken", broken));
    await expect(opened).rejects.toThrow("chance did not give the arms as the mapping says");
    await expect(opened).rejects.toThrow(
      /the users of large are not like those of none: standardised mean differences member \+0\.\d\d/,
    );
    await expect(opened).rejects.toThrow(/a classifier tells the arm from the features \(AUC 0\.6\d\d, 95 % 0\.6/);
  });

  test("such a log is opened as observational, and says so first", async () => {
    const { warnings, randomisation } = await openCsv(logOf(4000, "broken", broken), MAPPING, { observational: true });
    expect(warnings[0]).toBe(NOT_CAUSAL);
    expect(randomisation.failed.length).toBeGreaterThan(0);
    const honestly = await openCsv(logOf(2000, "honest", honest), MAPPING, { observational: true });
    expect(honestly.warnings[0]).toBe(NOT_CAUSAL);
  });

  test("what no feature shows alone, two together do", async () => {
    const together = ({ member, age }: Person, random: Random): Drawn => ({
      arm: drawn(random, member === age > 47 ? [0.5, 0.25, 0.25] : [1 / 6, 5 / 12, 5 / 12]),
    });
    await expect(openCsv(logOf(6000, "together", together))).rejects.toThrow("a classifier tells the arm");
  });

  test("arms drawn city by city are balanced within the cities, where the mapping names them as strata", async () => {
    const byCity = ({ city }: Person, random: Random): Drawn => ({
      arm: drawn(random, city === "Rome" ? [0.1, 0.6, 0.3] : city === "Oslo" ? [0.5667, 0.0667, 0.3666] : THIRDS),
    });
    const csv = logOf(4000, "strata", byCity);
    await expect(openCsv(csv)).rejects.toThrow("name it in arm.strata");
    const { randomisation } = await openCsv(csv, MAPPING.replace("ordered: true", "ordered: true\n  strata: [city]"));
    expect(randomisation.failed).toEqual([]);
    expect(randomisation.told.join()).toContain("figures that weigh rows by propensity are approximations");
    const unknown = openCsv(csv, MAPPING.replace("ordered: true", "ordered: true\n  strata: [town]"));
    await expect(unknown).rejects.toThrow("arm.strata: no feature is named town");
  });
});

describe("a propensity column", () => {
  test("that is the probability of being treated is refused, for 1 − p would fit the control", async () => {
    const csv = logOf(3000, "treated", (_, random) => ({ arm: drawn(random, [0.8, 0.1, 0.1]), more: [0.2] }), ",p");
    const opened = openCsv(csv, BY_COLUMN);
    await expect(opened).rejects.toThrow(
      /column p: over the \d+ rows of none the sum of 1\/p is \d+, [34]\.\d\d times the 3000 rows/,
    );
    await expect(opened).rejects.toThrow("1 − p would fit");
  });

  test("of a policy that looked at the users is right where it is that policy's", async () => {
    const policy = ({ member }: Person, random: Random): Drawn => {
      const shares = member ? [0.2, 0.2, 0.6] : [0.6, 0.2, 0.2];
      const arm = drawn(random, shares);
      return { arm, more: [shares[arm]!] };
    };
    const { randomisation, warnings } = await openCsv(logOf(4000, "policy", policy, ",p"), BY_COLUMN);
    expect(randomisation.failed).toEqual([]);
    expect(warnings.join()).not.toContain("column p");
  });

  test("with a small one is told of it with its line, and refused where one row then speaks for all", async () => {
    const odd = (p: number): string => {
      let row = 0;
      const draw = (_: Person, random: Random): Drawn => ({
        arm: drawn(random, THIRDS),
        more: [(row += 1) === 17 ? p : 1 / 3],
      });
      return logOf(1500, "small", draw, ",p");
    };
    const told = (await openCsv(odd(0.005), BY_COLUMN)).warnings.join();
    expect(told).toMatch(/column p: a propensity of 0.005 in line 18 is \d+ % of the weight of the arm/);
    await expect(openCsv(odd(1e-9), BY_COLUMN)).rejects.toThrow(/smallest p is 1e-9 in line 18/);
  });

  test("need not add up where not everybody could have got every arm, and the mapping says so", async () => {
    const some = ({ member }: Person, random: Random): Drawn => {
      const shares = member ? [0.5, 0, 0.5] : [0.4, 0.4, 0.2];
      const arm = drawn(random, shares);
      return { arm, more: [shares[arm]!] };
    };
    const csv = logOf(3000, "partial", some, ",p");
    await expect(openCsv(csv, BY_COLUMN)).rejects.toThrow("say `overlap: partial` at propensity");
    const { randomisation } = await openCsv(csv, BY_COLUMN.replace("column: p", "column: p, overlap: partial"));
    expect(randomisation.tested).toBeNull();
  });
});

describe("rows that were left out because they were allowed to be", () => {
  /** Outcomes that cannot be read, of those rows. */
  const unread = (csv: string, which: (fields: string[], row: number) => boolean): string =>
    csv
      .split("\n")
      .map((line, row) =>
        row > 0 && line !== "" && which(line.split(","), row) ? line.replace(/,\d,\d$/, ",?,0") : line,
      )
      .join("\n");
  const allowed = { allowBadRows: 1000 };

  test("are found to be like the others where chance took them", async () => {
    const csv = unread(logOf(3000, "left", honest), (_, row) => row % 10 === 0);
    const { warnings, badRows } = await openCsv(csv, MAPPING, allowed);
    expect(badRows).toBe(300);
    expect(warnings.join("\n")).toContain("the 300 rows left out are like the others in their arms and features");
  });

  test("are told to be unlike them in their arms and features where they are", async () => {
    const csv = unread(
      logOf(3000, "left", honest),
      ([, member, , offer], row) => row % 3 === 0 && member === "1" && offer === "large",
    );
    const told = (await openCsv(csv, MAPPING, { ...allowed, observational: true })).warnings.join("\n");
    expect(told).toMatch(
      /rows left out are unlike the others \(arms: none 0.0 % for .*large 100.0 % for .*member: mean 1 for 0.4\d*/,
    );
    expect(told).toContain("figures without them may be wrong");
  });
});
