// Of a feature's categories a person is told which cannot be told apart by looking, and which say that there is no value.

import { describe, expect, test } from "vitest";
import { lookAlikes } from "../../../src/learn/data/told/look-alikes.ts";

describe("categories that look alike are told, spelled so that they can be told apart", () => {
  test.each([
    { what: "composed and not", names: ["Z\u00fcrich", "Zu\u0308rich"], told: '"Z\\u{fc}rich" and "Zu\\u{308}rich"' },
    { what: "white space inside", names: ["New York", "New\u00a0York"], told: '"New York" and "New\\u{a0}York"' },
    { what: "characters without a width", names: ["Rome", "Rome\u200b"], told: '"Rome" and "Rome\\u{200b}"' },
    { what: "case", names: ["Rome", "ROME"], told: '"Rome" and "ROME"' },
    { what: "wide letters", names: ["ABC", "\uff21\uff22\uff23"], told: '"ABC" and "\\u{ff21}\\u{ff22}\\u{ff23}"' },
  ])("$what", ({ names, told }) => {
    expect(lookAlikes(["Oslo", ...names, "Lyon"])).toEqual([expect.stringContaining(`${told} look alike`)]);
  });

  test("codes of a letter or two may differ in case", () => {
    expect(lookAlikes(["a", "A", "de", "DE", "Zürich", "Oslo"])).toEqual([]);
  });
});

test("what programs write where there is no value is told to be a category", () => {
  expect(lookAlikes(["nan", "Rome", "None"])).toEqual([
    expect.stringContaining('"nan", "None" is taken for a category'),
  ]);
  expect(lookAlikes(["Nancy", "nonesuch", "N"])).toEqual([]);
});
