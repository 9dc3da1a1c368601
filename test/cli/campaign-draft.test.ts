// `stipend campaign draft`: what it writes is what `campaign create` reads, with the release's arms, prices and reward.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { parseCampaign } from "../../src/domain/campaign/campaign.ts";
import { releaseHash } from "../../src/domain/release/release.ts";
import { tinyRelease, writeRelease } from "../serve/tiny-release.ts";
import { openShell, type Shell } from "./shell.ts";

const PRICES = [
  { faceMinor: 0, sendMinor: 0 },
  { faceMinor: 100, sendMinor: 0 },
  { faceMinor: 500, sendMinor: 3 },
];
let shell: Shell;
let line: string;

async function writeTrained(name: string, prices: typeof PRICES | null): Promise<string> {
  const folder = join(shell.folder, name);
  const { manifest, classifier } = tinyRelease(name);
  // The last plan of the tiny release spends less than the one before.
  const frontier = { ...manifest.frontier, rows: manifest.frontier.rows.slice(0, 3) };
  const told = { ...manifest, frontier, money: { currency: "EUR", prices } };
  await writeRelease({ hash: releaseHash(told), manifest: told, classifier }, folder);
  const rewards = [{ name: "ordered", weight: 10 }];
  writeFileSync(join(folder, "evidence.json"), JSON.stringify({ data: { currency: "EUR", rewards } }));
  return folder;
}

beforeAll(async () => {
  shell = openShell();
  line = `campaign draft --release ${await writeTrained("first", PRICES)} --id spring --start 2030-01-01T00:00:00Z`;
});
afterAll(() => shell.close());

test("the file is a campaign with the release's arms, prices and reward, and the budget and period that were asked for", async () => {
  const file = join(shell.folder, "spring.yaml");
  const { code, err, json } = await shell.run(`${line} --budget 500.00EUR --sessions 1000 --out ${file} --json`);
  expect(code, err).toBe(0);
  const campaign = parseCampaign(parse(readFileSync(file, "utf8")), file);
  expect(campaign.arms.map(({ id, faceMinor, sendMinor }) => [id, faceMinor, sendMinor])).toEqual([
    ["none", 0n, 0n],
    ["small", 100n, 0n],
    ["large", 500n, 3n],
  ]);
  expect(campaign.budgetMinor).toBe(50_000n);
  expect(campaign.startMs).toBe(Date.parse("2030-01-01T00:00:00Z"));
  expect(campaign.endMs - campaign.startMs).toBe(14 * 86_400_000);
  expect(campaign.rewardWeights).toEqual({ ordered: 10 });
  // 50 minor units a session: small for all, which costs 50 and brings 1 to a session of cluster 0 and 2 to one of cluster 1.
  expect(JSON.stringify(json[0])).toContain("expects to spend 500.00 EUR for 1,500 more");
});

test("says when the plan has no use for the money, and when it is less than the smallest plan", async () => {
  const rich = await shell.run(`${line} --budget 5000.00EUR --sessions 1000`);
  expect(rich.out).toContain("the plan has no use for 4,250.00 EUR of it");
  const poor = await shell.run(`${line} --budget 10.00EUR --sessions 1000`);
  expect(poor.out).toContain("less than the release's smallest plan spends");
});

test("a release with measured costs has no prices: they are asked for by name, and taken", async () => {
  const folder = await writeTrained("measured", null);
  const draft = `campaign draft --release ${folder} --id spring --start 2030-01-01T00:00:00Z --budget 500.00EUR --sessions 1000`;
  const without = await shell.run(draft);
  expect([without.code, without.err]).toEqual([2, expect.stringContaining("--face small=500 --face large=500")]);
  const { code, out } = await shell.run(`${draft} --face small=1.00EUR large=700`);
  expect(code).toBe(0);
  expect(parseCampaign(parse(out), "it").arms.map(({ faceMinor }) => faceMinor)).toEqual([0n, 100n, 700n]);
});

test.each([
  ["--budget 500.00USD --sessions 10", "it is in USD, and the money here is EUR"],
  ["--budget 500.00EUR --sessions 10 --face huge=3", "the release has no arm huge; it has none, small, large"],
  ["--budget 500.00EUR --sessions 10 --time-zone Mars/Base", "xpected a time zone such as Europe/Berlin"],
  ["--budget 500.00EUR --sessions 10 --start 1999-01-01T00:00:00Z", "--start: "],
])("refuses %s with what is wrong", async (more, said) => {
  const { code, err } = await shell.run(`${line} ${more}`);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});
