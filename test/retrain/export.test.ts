// The training log becomes a file and a mapping that the first step of training reads like any other log.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseCampaign, type Campaign } from "../../src/domain/campaign/campaign.ts";
import type { Feature } from "../../src/domain/session/features.ts";
import { seededRandom } from "../../src/domain/random.ts";
import type { TrainingRow } from "../../src/domain/decision/training-row.ts";
import { openDataset } from "../../src/learn/data/dataset.ts";
import { parseMapping } from "../../src/learn/data/mapping/mapping.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../src/log/embedded/log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { countTrainingRows, exportTrainingLog } from "../../src/retrain/export.ts";

const DAY = 86_400_000;
const campaign: Campaign = parseCampaign(
  {
    id: "spring",
    currency: "EUR",
    budgetMinor: 100_000,
    startMs: 0,
    endMs: DAY,
    arms: [
      { id: "none", faceMinor: 0 },
      { id: 'five, "off"', faceMinor: 500 },
      { id: "ten", faceMinor: 1000, sendMinor: 2 },
    ],
    reservation: { ttlMs: 1_000 },
    pacing: { expectedSessions: 100 },
    rewardWeights: { ordered: 1, unused: 0 },
  },
  "campaign",
);

const features: Feature[] = [
  { name: "age", kind: "numeric", default: 40 },
  { name: "club", kind: "boolean", default: false },
  { name: "town, or so", kind: "categorical", categories: ["a", "b"], default: "(missing)" },
];

let folder: string;
let log: EmbeddedLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stipend-retrain-"));
  log = await openEmbeddedLog({ folder: join(folder, "log"), now: () => 1_000, newToken: () => `${Math.random()}` });
  await log.ensureTopics(topicSpecs({ users: 3, control: 1 }));
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true });
});

const random = seededRandom("training rows");

function row(index: number, changes: Partial<TrainingRow> = {}): TrainingRow {
  const arm = random.below(3);
  const ordered = random.unit() < 0.3;
  const redeemed = ordered && arm > 0 && random.unit() < 0.6;
  const { faceMinor, sendMinor, id } = campaign.arms[arm]!;
  return {
    decisionId: `d-${index}`,
    userId: `u-${index}`,
    campaign: "spring",
    decidedAtMs: index,
    endedAtMs: index + 1_000,
    release: "r",
    cluster: 0,
    arm,
    armId: id,
    propensities: [0.5, 0.25, 0.25],
    exploration: false,
    holdout: false,
    attributes: {
      age: 20 + random.below(50),
      club: random.unit() < 0.5,
      "town, or so": random.unit() < 0.1 ? null : random.unit() < 0.5 ? 'a "quoted", one' : "b",
    },
    rewards: ordered ? { ordered: 1 } : {},
    redeemed,
    costMinor: sendMinor + (redeemed ? faceMinor : 0n),
    ...changes,
  };
}

async function send(rows: readonly TrainingRow[]): Promise<void> {
  const codec = codecFor("training-log");
  await log.send(
    rows.map((each) => ({ topic: "training-log", key: Buffer.from(each.userId), value: codec.encode(each) })),
  );
}

test("every usable row arrives, the others are counted, and the mapping says what each column is", async () => {
  await send(Array.from({ length: 2_000 }, (_, index) => row(index)));
  await send([
    row(2_000, { holdout: true, propensities: [] }),
    row(2_001, { propensities: [1, 0, 0], arm: 0, armId: "none", redeemed: false, costMinor: 0n }),
    row(2_002, { campaign: "another" }),
  ]);
  await log.send([{ topic: "training-log", key: Buffer.from("u"), value: Buffer.from("nonsense") }]);

  const exported = await exportTrainingLog({ log, campaign, features, folder: join(folder, "out") });
  expect(exported.rows).toBe(2_000);
  expect(exported.leftOut).toEqual({ notDrawn: 1, certain: 1, undecodable: 1, erased: 0 });
  expect(await countTrainingRows(log, "spring")).toBe(2_000);

  const mapping = parseMapping(await readFile(exported.mapping, "utf8"), exported.mapping);
  expect(mapping.redeemed).toMatchObject({ column: "redeemed", given: "ordered" });
  expect(mapping.arm).toMatchObject({ column: "arm", ordered: true });
  expect(mapping.arm.arms.map(({ id, faceMinor, sendMinor }) => [id, faceMinor, sendMinor])).toEqual([
    ["none", 0, 0],
    ['five, "off"', 500, 0],
    ["ten", 1000, 2],
  ]);
  expect(mapping.rewards).toMatchObject([{ name: "ordered", kind: "binary", weight: 1 }]);

  const dataset = await openDataset({ files: [exported.file], mapping, seed: 1 });
  try {
    expect(dataset.rows).toBe(2_000);
    expect(dataset.badRows).toBe(0);
    const block = await dataset.sample(2_000, 1);
    expect(new Set(block.propensity)).toEqual(new Set([0.5, 0.25]));
    expect([...block.cost].some((cost) => cost === 1002)).toBe(true);
  } finally {
    await dataset.close();
  }
});

test("earlier rows are added as they are", async () => {
  await send(Array.from({ length: 50 }, (_, index) => row(index)));
  const earlier = `SELECT 33.0 AS "feature:age", 1.0 AS "feature:club", 'b' AS "feature:town, or so", 'ten' AS arm,
    0.3 AS propensity, 1.0 AS "reward:ordered", 1.0 AS redeemed, 1002.0 AS cost FROM range(25)`;
  const exported = await exportTrainingLog({ log, campaign, features, folder: join(folder, "out"), earlier });
  expect([exported.rows, exported.earlierRows]).toEqual([50, 25]);
  const mapping = parseMapping(await readFile(exported.mapping, "utf8"), exported.mapping);
  const dataset = await openDataset({ files: [exported.file], mapping, seed: 1 });
  expect(dataset.rows).toBe(75);
  await dataset.close();
});

test("a reward that is the redemption itself, and a cost that is no price, are noticed", async () => {
  await send(
    Array.from({ length: 60 }, (_, index) => {
      const made = row(index);
      const redeemed = made.arm > 0 && (made.rewards["ordered"] ?? 0) > 0;
      const { faceMinor, sendMinor } = campaign.arms[made.arm]!;
      return { ...made, redeemed, costMinor: sendMinor + (redeemed ? faceMinor : 0n) };
    }),
  );
  const same = await exportTrainingLog({ log, campaign, features, folder: join(folder, "same") });
  expect(parseMapping(await readFile(same.mapping, "utf8"), "m").redeemed).toMatchObject({ reward: "ordered" });

  await send([row(100, { arm: 1, redeemed: true, rewards: { ordered: 1 }, costMinor: 123n })]);
  const partial = await exportTrainingLog({ log, campaign, features, folder: join(folder, "partial") });
  expect(parseMapping(await readFile(partial.mapping, "utf8"), "m").cost).toMatchObject({ column: "cost", toMinor: 1 });
});

test("a yes that came twice to one decision is still a yes", async () => {
  const rows = Array.from({ length: 400 }, (_, index) => row(index));
  const first = rows.findIndex((each) => each.rewards["ordered"] === 1);
  rows[first] = { ...rows[first]!, rewards: { ordered: 2 } };
  await send(rows);
  const exported = await exportTrainingLog({ log, campaign, features, folder: join(folder, "twice") });
  const mapping = parseMapping(await readFile(exported.mapping, "utf8"), "m");
  expect(mapping.rewards).toMatchObject([{ name: "ordered", kind: "binary", atLeast: 1 }]);
  const dataset = await openDataset({ files: [exported.file], mapping, seed: 1 });
  expect([dataset.rows, dataset.badRows]).toEqual([400, 0]);
  expect(new Set((await dataset.sample(400, 1)).rewards)).toEqual(new Set([0, 1]));
  await dataset.close();
});

test("where nobody has redeemed yet, a face value is still what a redemption costs", async () => {
  await send(
    Array.from({ length: 60 }, (_, index) => {
      const made = row(index);
      return { ...made, redeemed: false, costMinor: campaign.arms[made.arm]!.sendMinor };
    }),
  );
  const exported = await exportTrainingLog({ log, campaign, features, folder: join(folder, "none") });
  const mapping = parseMapping(await readFile(exported.mapping, "utf8"), "m");
  expect(mapping.arm.ordered).toBe(true);
  expect(mapping.arm.arms.map(({ faceMinor }) => faceMinor)).toEqual([0, 500, 1000]);
});
