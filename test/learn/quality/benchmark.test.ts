// The quality benchmark without the other methods: its scorer by cases whose answers are known, and ours on a small world.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensembleOf, measureOurs } from "../../../benchmarks/quality/ours.ts";
import { BUDGETS, figuresOf, groupPoints, individualPoints, type Effects } from "../../../benchmarks/quality/scorer.ts";
import { QUICK } from "../../../benchmarks/learn/share.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { LEARN_OPTIONS } from "../../../src/learn/train-options.ts";
import { createWorld, population } from "../../../src/simulate/world/world.ts";
import { mappingText, writeLog } from "../../../src/simulate/world/world-log.ts";
import { trainingsOf, variantsOf } from "../../../benchmarks/quality/variants.ts";
import { useBackend } from "../../../src/learn/represent/network/tensorflow.ts";
import { ladderEffects } from "../worlds.ts";

/** Users with a strength of their own, arms with a rising face value. */
function truthOf(n: number, seed: number): Effects {
  const { reward, cost } = ladderEffects(n, seed);
  return { n, arms: reward.length / n, reward: Float64Array.from(reward), cost: Float64Array.from(cost) };
}

const people = truthOf(3000, 1);
const shifted = truthOf(3000, 2);
const truth = { people, shifted };

function changed({ n, arms, reward, cost }: Effects, by: Partial<Record<"reward" | "cost", number>>): Effects {
  const times = (values: Float64Array, factor = 1): Float64Array => values.map((value) => factor * value);
  return { n, arms, reward: times(reward, by.reward), cost: times(cost, by.cost) };
}

test("what is set otherwise has a training of its own where, and only where, it is a choice of the training", () => {
  const ensemble = ensembleOf(LEARN_OPTIONS);
  for (const { name, learn } of variantsOf(LEARN_OPTIONS)) expect(ensembleOf(learn), name).toBe(ensemble);
  for (const { name, learn } of trainingsOf(LEARN_OPTIONS)) expect(ensembleOf(learn), name).not.toBe(ensemble);
});

describe("the scorer", () => {
  test("gives the truth the whole share and no budget error, on the same people and on others solved again", () => {
    const figures = figuresOf(individualPoints(truth, truth), people);
    expect(figures.share).toBeCloseTo(1, 9);
    expect(figures.byBudget).toHaveLength(BUDGETS.length);
    expect(figures.error).toBeCloseTo(0, 9);
    expect(figures.resolved).toBeLessThan(0.02);
  });

  test("does not mind the unit of reward, and minds costs that are thought half of what they are: twice the budget", () => {
    const told = { people: changed(people, { reward: 7 }), shifted: changed(shifted, { reward: 7 }) };
    expect(figuresOf(individualPoints(told, truth), people).share).toBeCloseTo(1, 2);
    const cheap = { people: changed(people, { cost: 0.5 }), shifted: changed(shifted, { cost: 0.5 }) };
    const { share, byBudget } = figuresOf(individualPoints(cheap, truth), people);
    expect(share).toBeCloseTo(1, 2);
    expect(byBudget[0]).toBeCloseTo(1, 2);
    const points = individualPoints(cheap, truth);
    for (const { planned, spend } of points) expect(spend).toBeCloseTo(2 * planned, 9);
  });

  test("gives one who takes users for others less", () => {
    const random = seededRandom("strangers");
    const order = Array.from({ length: people.n }, () => random.below(people.n));
    const mixed = (values: Float64Array): Float64Array =>
      values.map((_, cell) => values[order[Math.floor(cell / people.arms)]! * people.arms + (cell % people.arms)]!);
    const wrong = { ...people, reward: mixed(people.reward), cost: mixed(people.cost) };
    const { share } = figuresOf(individualPoints({ people: wrong, shifted }, truth), people);
    expect(share).toBeLessThan(0.95);
    expect(share).toBeGreaterThan(0);
  });

  test("values a plan by groups by the truth of its groups", () => {
    // Everybody is in one group; the plan gives nobody anything, then everybody the dearest arm.
    const groups = { people: new Uint8Array(people.n), shifted: new Uint8Array(shifted.n) };
    const [nothing, all] = [0, people.arms - 1].map((own) =>
      Array.from({ length: people.arms }, (_, arm) => Number(arm === own)),
    );
    const mean = (values: Float64Array, arm: number): number =>
      values.reduce((sum, value, cell) => sum + (cell % people.arms === arm ? value / people.n : 0), 0);
    const cost = Array.from({ length: people.arms }, (_, arm) => mean(people.cost, arm));
    const points = groupPoints({ steps: [[nothing!], [all!]], cost: [cost], reward: [cost] }, groups, truth);
    expect(points[0]).toMatchObject({
      planned: 0,
      spend: 0,
      reward: expect.closeTo(mean(people.reward, 0), 9) as number,
    });
    expect(points[1]!.spend).toBeCloseTo(points[1]!.planned, 9);
    expect(points[1]!.reward).toBeCloseTo(mean(people.reward, people.arms - 1), 9);
    expect(points[1]!.shiftedSpend).toBeCloseTo(mean(shifted.cost, people.arms - 1), 9);
  });
});

test("ours on a small world: as served it keeps what the network can do", { timeout: 300_000 }, async () => {
  await useBackend("wasm");
  const folder = await mkdtemp(join(tmpdir(), "stipend-quality-test-"));
  try {
    const world = createWorld({ seed: 4 });
    await writeLog(world, { rows: 6000, seed: 4, file: join(folder, "log.csv") });
    await writeFile(join(folder, "mapping.yaml"), mappingText(world));
    const truths = await Promise.all(
      ["people", "shifted"].map(async (name) => {
        const found = population(world, name, 1500);
        const names = Object.keys(found.users[0]!.attributes);
        const lines = found.users.map(({ attributes }) => names.map((each) => told(attributes[each])).join(","));
        await writeFile(join(folder, `${name}.csv`), [names.join(","), ...lines].join("\n"));
        const { arms, reward, cost } = found.truth;
        return { n: 1500, arms, reward: Float64Array.from(reward), cost: Float64Array.from(cost, (c) => c / 100) };
      }),
    );
    const both = { people: truths[0]!, shifted: truths[1]! };
    const tried = [
      "the network's groups, without the classifier",
      "values: the log's raw means",
      "groups by predicted effects, standardised",
      "arms' intercepts as measured, not shrunk",
    ];
    const all = [...variantsOf(QUICK.learn), ...trainingsOf(QUICK.learn)];
    const variants = all.filter(({ name }) => tried.includes(name));
    const ours = await measureOurs(folder, both, QUICK.learn, 1, variants);
    const [served, individual] = [ours.served, ours.individual].map((points) => figuresOf(points, both.people));
    expect(served!.share).toBeGreaterThan(0.6);
    expect(served!.share).toBeLessThanOrEqual(1);
    expect(served!.share).toBeGreaterThan(individual!.share - 0.15);
    expect(served!.error).toBeLessThan(0.4);
    expect(ours.variants.map(({ name }) => name)).toEqual(tried);
    const [teacher, raw, ...others] = ours.variants.map((each) => figuresOf(each.served, both.people));
    expect(Math.abs(teacher!.share - served!.share)).toBeLessThan(0.1);
    expect(raw!.share).toBeLessThan(served!.share);
    expect(new Set([served!.share, ...others.map(({ share }) => share)]).size).toBe(3);
    for (const { share } of others) expect(share).toBeGreaterThan(0.3);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function told(value: unknown): string {
  return typeof value === "boolean" ? String(Number(value)) : String(value);
}
