import { expect, test } from "vitest";
import type { FeatureSpec } from "../../../src/domain/session/features.ts";
import { describeClusters } from "../../../src/learn/cluster/describe.ts";

const SPEC: FeatureSpec = {
  features: [
    { name: "spend_90d", kind: "numeric", default: 0 },
    { name: "newcomer", kind: "boolean", default: false },
    { name: "channel", kind: "categorical", categories: ["web", "app", "shop"], default: "web" },
  ],
};
const ALL = { mean: [50, 0.5, 0.5, 0.3, 0.2], deviation: [20, 0.5, 0.5, 0.46, 0.4] };
const words = (...means: number[]): string => describeClusters(SPEC, { byCluster: [means], ...ALL })[0] ?? "";
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

test("what is unusual about a cluster comes first, in words with its figures and everybody's", () => {
  expect(plain(words(90, 0.01, 0.5, 0.3, 0.2))).toBe(
    "very high spend 90d (90, of all 50), no newcomer (1 %, of all 50 %)",
  );
  expect(plain(words(42, 0.95, 0.5, 0.3, 0.2))).toBe(
    "nearly all newcomer (95 %, of all 50 %), low spend 90d (42, of all 50)",
  );
});

test("of a categorical feature the category that stands out most is named", () => {
  expect(plain(words(50, 0.5, 0, 0.95, 0.05))).toBe("channel nearly always app (95 %, of all 30 %)");
  expect(plain(words(50, 0.5, 0.01, 0.5, 0.4))).toBe("channel never web (1 %, of all 50 %)");
  expect(plain(words(50, 0.5, 0.3, 0.3, 0.4))).toBe("channel more often shop (40 %, of all 20 %)");
});

test("a cluster like everybody is called so, and a column that never changes says nothing", () => {
  expect(words(52, 0.52, 0.5, 0.3, 0.2)).toBe("like everybody");
  const flat = { byCluster: [[7, 1, 1, 0, 0]], mean: [7, 1, 1, 0, 0], deviation: [0, 0, 0, 0, 0] };
  expect(describeClusters(SPEC, flat)).toEqual(["like everybody"]);
});
