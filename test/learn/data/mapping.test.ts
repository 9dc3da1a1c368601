import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { parseMapping, tasksOf } from "../../../src/learn/data/mapping/mapping.ts";
import { MAPPING, mappingOf } from "../log-files.ts";

describe("a mapping", () => {
  test("gives the arms in the order written, with amounts in minor units", () => {
    const { arm } = mappingOf(MAPPING.replace("amounts: minor", "amounts: major"));
    expect(arm.arms.map(({ id, faceMinor, sendMinor }) => [id, faceMinor, sendMinor])).toEqual([
      ["none", 0, 0],
      ["small", 10_000, 500],
      ["large", 20_000, 500],
    ]);
  });

  test("knows currencies without cents", () => {
    const { arm } = mappingOf(MAPPING.replace("currency: EUR\namounts: minor", "currency: JPY\namounts: major"));
    expect(arm.arms[2]?.faceMinor).toBe(200);
  });

  test("tells the tasks: rewards, how cost comes about, the doses of ordered arms", () => {
    expect(tasksOf(mappingOf())).toEqual({
      rewards: [{ name: "ordered", weight: 10, kind: "binary" }],
      cost: { kind: "redeemed", faceMinor: [0, 100, 200], sendMinor: [0, 5, 5], givenReward: 0 },
      dose: [0, 105, 205],
    });
  });

  test("without a redeemed or a cost column costs what sending costs", () => {
    const text = MAPPING.replace(/^redeemed.*$/m, "")
      .replaceAll(/face: \d+, /g, "")
      .replace("send: 5, p", "send: 4, p");
    expect(tasksOf(mappingOf(text)).cost).toEqual({ kind: "constant", sendMinor: [0, 4, 5] });
  });

  test("may give the propensity as a column", () => {
    const text = `${MAPPING.replaceAll(/, propensity: [\d.]+|propensity: [\d.]+ /g, "")}propensity: { column: p }\n`;
    expect(mappingOf(text.replace("id: none, }", "id: none }")).propensityColumn).toBe("p");
  });
});

const mistakes: readonly { readonly what: string; readonly change: (text: string) => string; readonly told: string }[] =
  [
    {
      what: "no word on amounts",
      change: (t) => t.replace("amounts: minor\n", ""),
      told: "amounts: is missing: expected one of major, minor",
    },
    {
      what: "a number too long to be exact",
      change: (t) => t.replace("id: small,", "id: small, value: 90071992547409931,"),
      told: "put it in quotes",
    },
    {
      what: "ranges that two arms share",
      change: (t) =>
        t.replace("id: small,", "id: small, from: 1, below: 10,").replace("id: large,", "id: large, from: 9,"),
      told: "small and large have numbers in common",
    },
    {
      what: "a value in another arm's range",
      change: (t) =>
        t.replace("id: small,", 'id: small, value: "1.50",').replace("id: large,", "id: large, from: 1.5,"),
      told: "small and large have numbers in common",
    },
    {
      what: "bounds that no number keeps",
      change: (t) => t.replace("kind: binary,", "kind: binary, atLeast: 5, atMost: 2,"),
      told: "rewards.ordered: no number is at least 5 and at most 2",
    },
    {
      what: "a default that the classifier cannot be given",
      change: (t) => t.replace("age: numeric", "age: { kind: numeric, default: 1e300 }"),
      told: "features.age.default: a number in single precision",
    },
    {
      what: "a delimiter that is the quote",
      change: (t) => `${t}csv: { delimiter: ";", quote: ";" }\n`,
      told: "csv: the delimiter can be neither the quote nor the escape",
    },
    {
      what: "a reward of a name that every object has",
      change: (t) => t.replace("given: ordered", "given: constructor"),
      told: "redeemed.given: no reward is named constructor",
    },
    {
      what: "aliases that stand for too much",
      change: () =>
        Array.from({ length: 6 }, (_, i) => `a${i}: &a${i} [${(i === 0 ? "x," : `*a${i - 1},`).repeat(9)}]`).join("\n"),
      told: "not YAML, and so no mapping",
    },
    {
      what: "two arms of one value",
      change: (t) => t.replace("id: small,", "id: small, value: 1.0,").replace("id: large,", 'id: large, value: "1",'),
      told: "arm.arms: values must differ",
    },
    { what: "an unknown encoding", change: (t) => `${t}encoding: ebcdic\n`, told: "test: encoding: one of utf-8" },
    { what: "one mark for two things", change: (t) => `${t}decimal: ","\nthousands: ","\n`, told: "thousands: ," },
    {
      what: "a yes or no below nothing",
      change: (t) => t.replace("kind: binary,", "kind: binary, negative: allowed,"),
      told: "only an amount can be below nothing",
    },
    { what: "no YAML", change: () => "features: [", told: "test: not YAML" },
    { what: "an unknown key", change: (t) => `${t}arms: 3\n`, told: "arms: unknown field" },
    { what: "a currency that is none", change: (t) => t.replace("EUR", "Euro"), told: "test: currency:" },
    {
      what: "a currency that is no money",
      change: (t) => t.replace("EUR", "XAU"),
      told: '"XAU" is no currency in use',
    },
    { what: "a currency in small letters", change: (t) => t.replace("EUR", "eur"), told: "write EUR" },
    { what: "an unknown kind", change: (t) => t.replace("numeric", "number"), told: "test: features.age:" },
    {
      what: "a default of another kind",
      change: (t) => t.replace("age: numeric", "age: { kind: numeric, default: old }"),
      told: "features.age.default: a numeric feature needs a number",
    },
    {
      what: "a control that costs",
      change: (t) => t.replace("id: none,", "id: none, face: 5,"),
      told: "must cost nothing",
    },
    {
      what: "a negative cost",
      change: (t) => t.replace("send: 5", "send: -5"),
      told: "arm.arms.1 (small): send: -5 is a negative cost",
    },
    {
      what: "half a cent",
      change: (t) => t.replace("send: 5", "send: 0.5"),
      told: "send: 0.5 is not a whole number of minor units",
    },
    { what: "arms of one name", change: (t) => t.replace("id: large", "id: small"), told: "arm.arms: ids must differ" },
    {
      what: "a ladder that falls",
      change: (t) => t.replace("face: 200", "face: 50"),
      told: "arm large: ordered arms need a rising dose",
    },
    {
      what: "an empty range",
      change: (t) => t.replace("id: small,", "id: small, from: 2, below: 1,"),
      told: "from must be less than below",
    },
    {
      what: "a propensity of 1",
      change: (t) => t.replace("0.3334", "1"),
      told: "arm large: propensity 1 is outside (0, 1)",
    },
    {
      what: "a propensity of 0",
      change: (t) => t.replace("0.3334", "0"),
      told: "arm large: propensity 0 is outside (0, 1)",
    },
    {
      what: "propensities that do not sum to 1",
      change: (t) => t.replace("0.3334", "0.2"),
      told: "sum to 0.8666, not 1",
    },
    { what: "no propensity", change: (t) => t.replace(", propensity: 0.3334", ""), told: "propensity: name it" },
    {
      what: "two propensities",
      change: (t) => `${t}propensity: uniform\n`,
      told: "at the arms or at the top, not both",
    },
    {
      what: "no reward",
      change: (t) => t.replace(/rewards:\n.*\n/, "rewards: {}\n"),
      told: "rewards: name at least one",
    },
    { what: "rewards worth nothing", change: (t) => t.replace("weight: 10", "weight: 0"), told: "every weight is 0" },
    {
      what: "an unknown given reward",
      change: (t) => t.replace("given: ordered", "given: x"),
      told: "redeemed.given: no reward is named x",
    },
    {
      what: "a face value that nobody redeems",
      change: (t) => t.replace(/^redeemed.*$/m, ""),
      told: "names neither a redeemed nor a cost column",
    },
    { what: "two costs", change: (t) => `${t}cost: { column: paid }\n`, told: "not both" },
    {
      what: "the reward as a feature",
      change: (t) => t.replace("age: numeric", "age: { kind: numeric, column: ordered }"),
      told: "features.age: column ordered is also the reward ordered: the target leaks",
    },
    {
      what: "the arm as a feature",
      change: (t) => t.replace("city: categorical", "city: { kind: categorical, column: offer }"),
      told: "features.city: column offer is also the arm",
    },
  ];

test("ranges and values of arms may touch", () => {
  const text = MAPPING.replace("id: none,", "id: none, value: 0,")
    .replace("id: small,", "id: small, from: 1, below: 10,")
    .replace("id: large,", "id: large, value: 10,");
  expect(mappingOf(text).arm.arms.map(({ match }) => match)).toEqual([
    { value: "0" },
    { from: 1, below: 10 },
    { value: "10" },
  ]);
});

describe("a mapping is refused, and told where and why, for", () => {
  test.each(mistakes)("$what", ({ change, told }) => {
    const parse = (): unknown => parseMapping(change(MAPPING), "test");
    expect(parse).toThrow(InvalidInput);
    expect(parse).toThrow(told);
  });
});

const examples = join(import.meta.dirname, "../../../examples");

test("the mapping in docs/DATA-LOG.md is a valid one", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/DATA-LOG.md"), "utf8");
  const text = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? "";
  expect(parseMapping(text, "docs").rewards.map(({ name }) => name)).toContain("net below 0");
});

test.each(readdirSync(examples).filter((name) => name.endsWith(".yaml") && name !== "campaign.yaml"))(
  "the example %s is a valid mapping",
  (name) => {
    const mapping = parseMapping(readFileSync(join(examples, name), "utf8"), name);
    expect(mapping.features.length).toBeGreaterThan(0);
  },
);
