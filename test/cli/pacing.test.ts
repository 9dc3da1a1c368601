// `stipend pacing` as it is typed, against a real embedded log on which a real allocator runs.

import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAllocator, type Allocator } from "../../src/workflows/run/allocator.ts";
import { latestStatus, sendCommand } from "../../src/workflows/control/control.ts";
import { must } from "../../src/domain/assert.ts";
import { parseCampaign } from "../../src/domain/campaign/campaign.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { publishRelease } from "../../src/retrain/publish.ts";
import { tryClassifier } from "../../src/serve/classify/onnx.ts";
import { unobserved } from "../../src/task/observer.ts";
import { systemClock } from "../../src/task/system-clock.ts";
import { ARMS, tinyRelease } from "../serve/tiny-release.ts";
import { openShell, type Ended } from "./shell.ts";

const HOUR_MS = 3_600_000;
const PARTITIONS = { users: 3, control: 2 };
const RELEASE = tinyRelease();

const shell = openShell();
const { folder } = shell;
let log: EventLog;
let allocator: Allocator | null = null;
let working: Promise<unknown> = Promise.resolve();
let ids = 0;

beforeAll(async () => {
  log = await openEmbeddedLog({
    folder: path.join(folder, "log"),
    now: Date.now,
    newToken: () => `token-${(ids += 1)}`,
  });
  await start();
  await sendCommand(log, { commandId: "create", campaign: "spring", atMs: 0, action: { kind: "create", campaign } });
  await publishRelease(log, "spring", { release: RELEASE, evidenceText: "{}" }, 0, tryClassifier);
  const pinned = await stipend("pacing pin-release --campaign spring --release RELEASE --wait");
  expect(pinned, pinned.err).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await stop();
  await log.close();
  shell.close();
});

const nowMs = Date.now();
const campaign = parseCampaign(
  {
    id: "spring",
    currency: "EUR",
    budgetMinor: 1_000_000n,
    ceilingMinor: 2_000_000n,
    explorationBudgetMinor: 50_000n,
    startMs: nowMs - HOUR_MS,
    endMs: nowMs + 23 * HOUR_MS,
    arms: ARMS,
    reservation: { ttlMs: HOUR_MS },
    pacing: { expectedSessions: 20_000 },
  },
  "campaign",
);

async function start(): Promise<void> {
  allocator = await openAllocator({
    log,
    application: "stipend",
    partitions: PARTITIONS,
    storeFolder: path.join(folder, "stores"),
    features: null,
    batchRecords: 1_000,
    clock: systemClock,
    newId: () => `lineage-${(ids += 1)}`,
    newSecret: () => Buffer.alloc(32, 1),
    observer: unobserved,
    onTrouble: (text) => expect.unreachable(text),
  });
  working = Promise.all([allocator.serve.run(), allocator.treasury.run()]);
}

async function stop(): Promise<void> {
  await allocator?.close();
  await working;
  allocator = null;
}

/** A command line as it is typed, but for T+n (so many hours from now), RELEASE (its hash) and BEGINNING (of that). */
const stipend = (line: string): Promise<Ended> =>
  shell.run(
    line
      .replace("RELEASE", RELEASE.hash)
      .replace("BEGINNING", RELEASE.hash.slice(0, 10))
      .replaceAll(/T\+(\d+)/g, (_, hours) => iso(Number(hours))),
  );

async function json(line: string): Promise<Record<string, unknown>> {
  const { out } = await stipend(`${line} --json`);
  return JSON.parse(out) as Record<string, unknown>;
}

async function commandsFor(campaign: string): Promise<string[]> {
  const found: string[] = [];
  for (const { partition, start } of await log.ranges("budget-pacing"))
    for await (const batch of log.read("budget-pacing", partition, start))
      for (const { value } of batch) {
        const command = value === null ? null : codecFor("budget-pacing").decode(value);
        if (command?.campaign === campaign) found.push(command.commandId);
      }
  return found;
}

const revision = async (): Promise<number> => (await latestStatus(log, "spring"))?.revision ?? 0;

describe("a command with --wait", () => {
  test("prints acknowledgements as they come, and ends when each partition has applied it", async () => {
    const before = await revision();
    const ended = await stipend("pacing set-budget --campaign spring --budget 900000 --wait --timeout 20s");
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.out).toBe(`spring: set budget: applied on every partition, revision ${before + 1}\n`);
    const status = await latestStatus(log, "spring");
    expect(status?.budgetMinor).toBe(900_000n);
    expect(status?.applied.map((entry) => entry.revision)).toEqual([before + 1, before + 1, before + 1]);
  });

  test("says each news once, with the partitions that are silent when some have answered", async () => {
    await stop();
    const waiting = stipend("pacing pause --campaign ghost --wait --timeout 20s --command-id ghost-1");
    await expect.poll(() => commandsFor("ghost")).toEqual(["ghost-1"]);
    const answer = {
      commandId: "ghost-1",
      atMs: 0,
      outcome: "accepted",
      revision: 4,
      refusal: null,
      preview: null,
    } as const;
    const template = must(await latestStatus(log, "spring"), "a status");
    for (const reached of [[], [0, 2], [0, 2], [0, 1, 2]]) {
      const applied = reached.map((shard) => ({ shard, revision: 4, offset: 0, atMs: 0 }));
      const value = codecFor("budget-status").encode({
        ...template,
        campaign: "ghost",
        revision: 0,
        answers: [answer],
        applied,
      });
      await log.send([{ topic: "budget-status", key: Buffer.from("ghost"), value }]);
    }
    const ended = await waiting;
    await start();
    expect(ended.err.trim().split("\n")).toEqual([
      "accepted: revision 4; 3 of 3 partitions have not applied it",
      "accepted: revision 4; 1 of 3 partitions have not applied it (1)",
    ]);
    expect([ended.code, ended.out]).toEqual([0, "ghost: pause: applied on every partition, revision 4\n"]);
  });

  test("ends with 1 and names the partitions that have not answered when the allocator is down", async () => {
    await stop();
    const ended = await stipend("pacing pause --wait --timeout 300ms --command-id late");
    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/no answer within 0.3 s.*ask again with --command-id late/);
    const asked = await json("pacing pause --wait --timeout 300ms --command-id late");
    expect(asked).toMatchObject({ outcome: null, silent: [0, 1, 2] });
    await start();
    const again = await json("pacing pause --wait --timeout 20s --command-id late");
    expect(again).toMatchObject({ action: "pause", refusal: null, silent: [] });
    expect((await stipend("pacing resume --wait --timeout 20s")).code).toBe(0);
  });
});

describe("each command", () => {
  test.each<[string, object]>([
    ["pacing pause", { state: "paused" }],
    ["pacing resume", { state: "live" }],
    ["pacing exploration --share 0.1 --budget 60000", { explorationBudgetMinor: 60_000n }],
    ["pacing set-budget --budget 1200000 --currency EUR", { budgetMinor: 1_200_000n }],
    ["pacing pin-release --none", { pinned: false, release: RELEASE.hash }],
    ["pacing pin-release --release BEGINNING", { pinned: true, release: RELEASE.hash }],
  ])("%s raises the revision by one and does what it says", async (line, state) => {
    const before = await revision();
    const answer = await json(`${line} --wait --timeout 20s --expect ${before}`);
    expect(answer).toMatchObject({ campaign: "spring", revision: before + 1, refusal: null, silent: [] });
    expect(await latestStatus(log, "spring")).toMatchObject({ revision: before + 1, ...state });
  });

  test.each<[string, object]>([
    ["pacing caps --cap 1/1d 3/30d", { caps: [{ max: 1 }, { max: 3, windowMs: 30 * 24 * HOUR_MS }] }],
    ["pacing caps --none", { caps: [] }],
    ["pacing curve --mode even --controller pi", { pacing: { mode: "even", controller: "pi" } }],
    ["pacing curve --points T+1=0.25 T+9=1", { pacing: { mode: "points", points: [{ share: 0.25 }, {}] } }],
    ["pacing curve --mode even", { pacing: { mode: "even", points: [], controller: "pi" } }],
  ])("%s reaches the shards with the whole campaign", async (line, expected) => {
    expect((await stipend(`${line} --wait --timeout 20s`)).code).toBe(0);
    for (const { partition, start: from } of await log.ranges("grants")) {
      const values: unknown[] = [];
      for await (const batch of log.read("grants", partition, from))
        for (const { value } of batch) if (value !== null) values.push(codecFor("grants").decode(value).campaign);
      expect(values.at(-1)).toMatchObject(expected);
    }
  });

  test.each<[string, string]>([
    ["pacing pause --campaign nowhere", "unknown_campaign"],
    ["pacing set-budget --budget 5 --currency USD", "currency_differs: the campaign's is EUR"],
    ["pacing set-budget --budget 2000001", "above_ceiling: the campaign's is 20,000.00 EUR"],
    ["pacing curve --points T+2=0.5 T+1=1", "curve_not_rising: point 2"],
    ["pacing curve --points T+2=0.5", "curve_not_rising: the last share must be 1"],
    ["pacing pause --expect 1", "stale_revision: the current one is"],
    ["pacing exploration --share 1 --budget 5", "invalid_campaign: campaign: explorationShare"],
  ])("%s is refused with the reason, and ends with 1", async (line, reason) => {
    const before = await revision();
    const ended = await stipend(`${line} --timeout 20s`);
    expect(ended.code).toBe(1);
    expect(ended.out).toContain(`refused: ${reason}`);
    expect(await revision()).toBe(before);
  });

  test.each([
    ["pacing set-budget", /required option '--budget <amount>'/],
    ["pacing set-budget --budget -5", /Expected an integer of minor units/],
    ["pacing curve", /--mode: name it, or give --points/],
    ["pacing curve --points noon=0.5", /Expected a time with its offset/],
    ["pacing curve --points noon", /Expected a time, =, and a share/],
    ["pacing caps", /--cap: name at least one, or --none/],
    ["pacing caps --cap 2", /such as 2\/7d/],
    ["pacing caps --cap 3000000000/7d", /action\.caps\.0\.max: .*got 3000000000/],
    ["pacing pin-release", /--release: name it, or --none/],
    ["pacing pin-release --release gone", /there is no release gone of spring/],
    ["pacing status --campaign nowhere", /there is no campaign nowhere/],
  ])("%s is wrong use, and ends with 2", async (line, message) => {
    const ended = await stipend(line);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(message);
  });
});

test("a dry run tells budget level, what money brings, reward and spend before and after, from where on, and changes nothing", async () => {
  const before = await revision();
  const ended = await stipend("pacing set-budget --budget 300000 --dry-run --timeout 20s");
  expect(ended.code).toBe(0);
  expect(ended.out).toContain("spring: set budget (dry run): would be accepted");
  for (const row of ["budget level", "extra reward per extra EUR", "reward to come", "spend at the end"])
    expect(ended.out).toMatch(new RegExp(`^${row} +\\S+ +\\S+`, "m"));
  expect(ended.out).toMatch(/^budget of plan: [\d,.]+ EUR → 3,000\.00 EUR \([-+][\d.]+ %\)$/m);
  expect(ended.out).toMatch(/^already out: [\d,.]+ EUR \([\d,.]+ EUR spent, [\d,.]+ EUR reserved, the rest free/m);
  expect(ended.out).toMatch(/^refused for money +[\d.]+ % +[\d.]+ %$/m);
  expect(ended.out).toMatch(/with the next record of grants on each partition \(0: after \d+; 1: after \d+; 2: after/);
  const answer = await json("pacing set-budget --budget 300000 --dry-run --timeout 20s");
  const preview = answer["preview"] as { before: { spendAtEnd: number }; after: { spendAtEnd: number } };
  expect(answer).toMatchObject({ outcome: "previewed", preview: { revision: before + 1 } });
  expect(preview.after.spendAtEnd).toBeLessThanOrEqual(300_000);
  expect(preview.after.spendAtEnd).toBeLessThan(preview.before.spendAtEnd);
  expect(await revision()).toBe(before);
});

test("a dry run of a cut below what is out says how much more that is, and that incentives are then refused", async () => {
  const { out } = await stipend("pacing set-budget --budget 0 --dry-run --timeout 20s");
  expect(out).toMatch(/^budget of plan: [\d,.]+ EUR → 0\.00 EUR \(-100\.0 %\)$/m);
  expect(out).toMatch(/^that is [\d,.]+ EUR more than the new budget: it is asked back/m);
  // The plan of an even pace would want nothing; one of asap would be refused what it wants.
  expect(out).toMatch(/^spend to come +[\d,.]+ EUR +0\.00 EUR$/m);
  const paused = await stipend("pacing pause --dry-run --timeout 20s");
  expect(paused.out).toMatch(/^state: live → paused$/m);
});

test.each<[string, readonly string[]]>([
  ["pacing caps --cap 2/7d 5/36h", ["caps: none → 2 in 7d, 5 in 36h"]],
  ["pacing caps --none", ["caps: none, as it is"]],
  [
    "pacing curve --points T+1=0.25 T+9=1 --controller reallocation",
    ["curve: even → 25.0 % by T+1, 100.0 % by T+9", "controller: pi → reallocation"],
  ],
  [
    "pacing exploration --share 0.05 --budget 30000",
    [
      "exploration's share of sessions: 10.0 % → 5.0 % (-50.0 %)",
      "budget of exploration: 600.00 EUR → 300.00 EUR (-50.0 %)",
    ],
  ],
  ["pacing set-budget --budget 12000.00EUR", ["budget of plan: 12,000.00 EUR, as it is"]],
])("a dry run of %s says old and new", async (line, changes) => {
  const { out } = await stipend(`${line} --dry-run --timeout 20s`);
  const expected = changes.map((change) => change.replaceAll(/T\+(\d+)/g, (_, hours) => iso(Number(hours))));
  expect(out.split("\n").slice(1, 1 + changes.length)).toEqual(expected);
});

test("where nothing that is foreseen would change, it is said once", async () => {
  const { out } = await stipend("pacing caps --cap 2/7d --dry-run --timeout 20s");
  expect(out).toContain("\nthe plan, and what is foreseen of it, would stay as they are:\n");
  expect(out).not.toContain("would be\n");
});

describe("who and why", () => {
  test("are with the command and its answer, accepted or refused, wherever either is shown", async () => {
    const spoken = (line: string) => shell.run([...line.split(" "), "--reason", "stock is short", "--timeout", "20s"]);
    expect((await spoken("pacing pause --campaign spring --actor ana --command-id said-1")).code).toBe(0);
    expect((await spoken("pacing set-budget --budget 2000001 --actor ben --command-id said-2")).code).toBe(1);
    expect((await stipend("pacing resume --command-id said-3 --wait --timeout 20s")).code).toBe(0);
    const commands = (await json("pacing status"))["commands"] as object[];
    expect(commands.slice(-3)).toMatchObject([
      { commandId: "said-1", action: "pause", actor: "ana", reason: "stock is short", outcome: "applied" },
      {
        ...{ action: "set_budget", actor: "ben", reason: "stock is short", outcome: "refused" },
        refusal: "above_ceiling: the campaign's is 20,000.00 EUR",
      },
      { action: "resume", actor: "tester", reason: null, refusal: null },
    ]);
    const { out } = await stipend("pacing status");
    expect(out).toMatch(/^ {2}\S+ \S+ pause by ana: applied, revision \d+ – stock is short$/m);
    expect(out).toMatch(/^ {2}\S+ \S+ set budget by ben: refused: above_ceiling: .* – stock is short$/m);
    const tail = await stipend("tail budget-pacing --json");
    expect(tail.json.map(({ value }) => value)).toContainEqual(
      expect.objectContaining({ commandId: "said-2", actor: "ben", reason: "stock is short" }),
    );
  });

  test.each<[string, RegExp]>([
    ["", /the text: empty/i],
    ["two\nlines", /has control characters or ends of lines/],
    ["\u001b]0;owned\u0007", /has control characters/],
    ["x".repeat(2_000), /2000 bytes, at most 1024/],
  ])("a reason of %j is refused before anything is sent", async (reason, message) => {
    const { code, err } = await shell.run(["pacing", "pause", "--reason", reason]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("status", () => {
  test("tells each account's money, the plan in force, the forecast and that no shard lags", async () => {
    const { out, code } = await stipend("pacing status --campaign spring");
    expect(code).toBe(0);
    expect(out).toMatch(/^spring: live, revision \d+, at /);
    expect(out).toMatch(/^money +budget +curve's target +handed out +reserved +spent +expired$/m);
    expect(out).toMatch(/^for the plan +12,000.00 EUR/m);
    expect(out).toMatch(/^release [0-9a-f]{12} \(pinned\): budget level \d/m);
    expect(out).toMatch(/^forecast of the end: /m);
    expect(out).toMatch(/^shards: all 3 at this revision$/m);
    const view = await json("pacing status");
    expect(view).toMatchObject({
      campaign: "spring",
      shards: 3,
      lagging: [],
      plan: { budgetMinor: 1_200_000, postedMinor: 0 },
    });
  });

  test("--watch draws it again as it changes, until the signal", async () => {
    const watched = shell.start("pacing status --watch --json");
    await watched.said('"budgetMinor":');
    await stipend("pacing set-budget --budget 1100000 --wait --timeout 20s");
    await watched.said('"budgetMinor":1100000');
    const { json: statuses, code } = await watched.stop();
    expect(code).toBe(0);
    const budgets = statuses.map((status) => (status as { plan: { budgetMinor: number } }).plan.budgetMinor);
    expect(budgets.length).toBeGreaterThan(1);
    expect(budgets.at(-1)).toBe(1_100_000);
  });

  test("a shard that is down is named with the revision it is at", async () => {
    await stop();
    const treasuryOnly = await import("../../src/workflows/control/pacing/status-text.ts");
    const status = await latestStatus(log, "spring");
    if (status === null) return expect.unreachable("no status");
    const behind = { ...status, revision: status.revision + 1, atMs: status.atMs + 9_000, shards: 4 };
    const text = treasuryOnly.statusText(behind);
    expect(text).toMatch(/^shards: 4 of 4 lag: 0 \(revision \d+, last heard \d+ s before\).*3 \(never reported\)$/m);
    await start();
  });
});

test("an ended campaign takes no more commands", async () => {
  expect((await stipend("pacing end --wait --timeout 20s")).code).toBe(0);
  expect((await stipend("pacing resume --timeout 20s")).out).toContain("refused: ended");
});

function iso(hours: number): string {
  return new Date(nowMs + hours * HOUR_MS).toISOString();
}
