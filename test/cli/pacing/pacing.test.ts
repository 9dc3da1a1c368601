// `stipend pacing` as it is typed, against a real embedded log on which a real allocator runs.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { latestStatus } from "../../../src/workflows/control/control.ts";
import { HOUR_MS, json, log, RELEASE, revision, shell, start, stipend, stop } from "./steered-campaign.ts";

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
    const treasuryOnly = await import("../../../src/workflows/control/pacing/status-text.ts");
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
