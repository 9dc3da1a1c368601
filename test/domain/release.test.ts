import { describe, expect, test } from "vitest";
import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import { parseManifest, parseRelease, releaseHash, type ReleaseManifest } from "../../src/domain/release/release.ts";

const classifier = new Uint8Array([1, 2, 3]);
const cells = [
  [0, 1],
  [0, 2],
];
const manifest: ReleaseManifest = {
  format: 1,
  features: {
    features: [
      { name: "age", kind: "numeric", default: 40 },
      { name: "city", kind: "categorical", categories: ["a", "b"], default: "" },
    ],
  },
  arms: ["none", "ten"],
  clusters: 2,
  classifier: sha256Hex(classifier),
  frontier: {
    steps: 2,
    rows: [
      {
        budgetPerSession: 0,
        shares: [
          [2, 0],
          [2, 0],
        ],
        expectedReward: 0,
        expectedCost: 0,
        shadowPrice: 1,
      },
      {
        budgetPerSession: 1,
        shares: [
          [1, 1],
          [0, 2],
        ],
        expectedReward: 1,
        expectedCost: 1,
        shadowPrice: 0.5,
      },
    ],
  },
  values: { reward: cells, rewardSe: cells, cost: cells, costSe: cells, redemption: cells, mix: [0.5, 0.5] },
  certificate: { solver: "highs", maxGap: 0, gapBound: 0.005, inputHash: "x", scenarios: 1, risk: 0.1 },
  summary: { rows: 10, currency: "EUR" },
};
const json = canonicalJson(manifest);
const hash = releaseHash(manifest);

describe("a manifest", () => {
  test("reads back as it was written", () => {
    expect(parseManifest(json, "manifest.json")).toEqual(manifest);
    expect(releaseHash(parseManifest(json, "manifest.json"))).toBe(hash);
  });

  const broken: readonly [string, object, RegExp][] = [
    ["a plan of another number of clusters", { clusters: 3 }, /frontier\.rows\.0\.shares: must have 3 clusters/],
    ["shares that do not sum to the steps", { frontier: { ...manifest.frontier, steps: 3 } }, /must sum to 3 steps/],
    ["equal arm ids", { arms: ["none", "none"] }, /arm ids must differ/],
    ["an unknown field", { extra: 1 }, /extra/],
    ["another format", { format: 2 }, /format/],
    [
      "a first row that spends",
      { frontier: { steps: 2, rows: manifest.frontier.rows.slice(1) } },
      /the first row must spend nothing/,
    ],
    [
      "budgets that fall",
      { frontier: { steps: 2, rows: [...manifest.frontier.rows, manifest.frontier.rows[0]] } },
      /budgets must rise/,
    ],
  ];
  test.each(broken)("refuses %s and names the place", (_, change, message) => {
    expect(() => parseManifest(JSON.stringify({ ...manifest, ...change }), "m.json")).toThrow(message);
    expect(() => parseManifest(JSON.stringify({ ...manifest, ...change }), "m.json")).toThrow(/^m\.json: /m);
  });
  test("refuses what is no JSON", () => {
    expect(() => parseManifest("{", "m.json")).toThrow(/m\.json: not JSON/);
  });
});

describe("a release", () => {
  test("keeps its name", () => {
    expect(parseRelease(json, classifier, hash, "r")).toEqual({ hash, manifest, classifier });
  });
  test("is refused under another name, and with another classifier", () => {
    expect(() => parseRelease(json, classifier, "0".repeat(64), "r")).toThrow(/manifest was changed/);
    expect(() => parseRelease(json, new Uint8Array([1]), hash, "r")).toThrow(/classifier/);
  });
});
