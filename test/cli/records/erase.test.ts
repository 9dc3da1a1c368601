// `stipend users erase` end to end, on an embedded log with a running allocator: afterwards no command shows, exports or learns
// from what the user was or did, and the money is still proved.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCampaign } from "../../../src/domain/campaign/campaign.ts";
import { must } from "../../../src/domain/assert.ts";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import { TOPICS } from "../../../src/log/topics.ts";
import { exportTrainingLog } from "../../../src/retrain/export.ts";
import { tinyRelease } from "../../serve/tiny-release.ts";
import { openShell, type Background, type Shell } from "../shell.ts";
import { writeCampaign, writeRelease } from "../small-campaign.ts";
import { playSmallRun } from "../small-run.ts";

/** What no line may hold afterwards. */
const OF_THE_USER = ["magenta", "Zwiefalten", "41.5"];
const USER = "u-erased";

describe("on a log with a running allocator", () => {
  const shell = openShell();
  let run: Background;
  let campaign: string;

  const session = (sessionId: string, userId: string, attributes: object): string =>
    JSON.stringify({ sessionId, userId, atMs: Date.now(), surface: null, campaign: "spring", attributes });
  const rowsOf = async (topic: string) =>
    (await shell.run(`tail ${topic} --json`)).json as { key: string; value: Record<string, unknown> | null }[];
  const until = (topic: string, seen: (rows: Awaited<ReturnType<typeof rowsOf>>) => boolean) =>
    shell.until(`tail ${topic} --json`, ({ json }) => seen(json as Awaited<ReturnType<typeof rowsOf>>));
  /** Sessions of the user until one is given an incentive: its decision. */
  async function given(name: string, userId: string, attributes: object): Promise<string> {
    for (let number = 0; ; number += 1) {
      const sessionId = `${name}-${number}`;
      await shell.ok("send sessions", session(sessionId, userId, attributes));
      await until("decisions", (rows) => rows.some(({ value }) => value?.["sessionId"] === sessionId));
      const found = (await rowsOf("decisions")).find(({ value }) => value?.["sessionId"] === sessionId);
      if (Number(found?.value?.["arm"]) > 0) return String(found?.value?.["decisionId"]);
    }
  }
  let open: string;

  beforeAll(async () => {
    run = shell.start("run --json");
    await run.said('"treasury":[0]');
    campaign = writeCampaign(shell.folder, "spring", { reservation: { ttlMs: 2_000 }, caps: [] });
    const { folder, release } = writeRelease(shell.folder, "first");
    await shell.ok(`campaign create ${campaign} --wait`);
    await shell.ok(`releases publish ${folder} --campaign spring`);
    await shell.ok(`releases promote ${release.hash} --wait`);
    // A whole life: profile, session, redemption, a row to learn from, a dead letter, an open incentive.
    await shell.ok(
      "send profiles",
      JSON.stringify({ userId: USER, atMs: Date.now(), attributes: { town: "Zwiefalten" } }),
    );
    await given("grey", "u-other", { visits: 3, vip: true, colour: "grey" });
    const outcome = {
      ...{ outcomeId: "o-1", userId: USER, atMs: Date.now(), kind: "redeemed", amountMinor: null },
      ...{
        decisionId: await given("first", USER, { visits: 3, vip: true, colour: "magenta" }),
        rewards: { converted: 41.5 },
      },
    };
    await shell.ok("send outcomes", JSON.stringify(outcome));
    await shell.ok("send outcomes", JSON.stringify({ ...outcome, outcomeId: "o-2", decisionId: "d-nowhere" }));
    await until("training-log", (rows) => rows.some(({ value }) => value?.["decisionId"] === outcome.decisionId));
    await until("dead-letters", (rows) => rows.length === 1);
    open = await given("second", USER, { visits: 1, vip: true, colour: "magenta" });
  });
  afterAll(async () => {
    await run.stop();
    shell.close();
  });

  const everything = async (): Promise<string> => {
    const texts: string[] = [];
    for (const topic of Object.keys(TOPICS))
      for (const form of ["", " --json"]) texts.push((await shell.run(`tail ${topic}${form}`)).out);
    return texts.join("\n");
  };
  const exported = async () => {
    const log = await openEmbeddedLog({ folder: join(shell.folder, "log"), now: Date.now, newToken: randomUUID });
    try {
      const { rows, leftOut } = await exportTrainingLog({
        log,
        campaign: parseCampaign(JSON.parse(await readFile(campaign, "utf8")), "campaign"),
        features: [{ name: "colour", kind: "categorical", categories: ["magenta"], default: "(missing)" }],
        folder: join(shell.folder, "exported"),
      });
      return { rows, erased: leftOut.erased };
    } finally {
      await log.close();
    }
  };

  test("is there before, and gone afterwards from everything that is shown, exported and sent again", async () => {
    const before = await everything();
    for (const text of OF_THE_USER) expect(before).toContain(text);
    const { rows } = await exported();
    const others = (await rowsOf("training-log")).filter(({ key }) => key !== USER).length;
    expect(rows).toBeGreaterThan(others);
    const erased = await shell.ok(`users erase ${USER} --reason asked --actor ana`);
    expect(erased).toMatchObject({ userId: USER, actor: "ana", reason: "asked" });
    await shell.until("tail state --json", ({ json }) =>
      json.some(
        ({ key, value }) =>
          key === `u/${USER}` && (value as { erasedAtMs: number } | null)?.erasedAtMs === erased["atMs"],
      ),
    );
    const after = await everything();
    for (const text of OF_THE_USER) expect(after).not.toContain(text);
    expect(after).toContain("grey");
    expect(await exported()).toEqual({ rows: others, erased: rows - others });
    expect(await shell.ok("dead-letters redrive --all")).toMatchObject({ redriven: 0, erased: 1 });
    expect((await shell.run("tail training-log --json")).json).toContainEqual(
      expect.objectContaining({ key: USER, value: null, erased: true }),
    );
  });

  test("the open incentive ends, the money is proved, and nothing more is learned of the user", async () => {
    await until("settlements", (rows) => rows.some(({ value }) => value?.["decisionId"] === open));
    expect(await shell.ok("verify")).toMatchObject({ ok: true });
    expect(await shell.ok("replay")).toMatchObject({ same: true });
    const others = (await rowsOf("training-log")).filter(({ key }) => key !== USER).length;
    expect((await exported()).rows).toBe(others);
    expect((await rowsOf("training-log")).filter(({ key, value }) => key === USER && value !== null)).toEqual([]);
    expect((await shell.run("tail decisions")).out).toContain(USER);
  });

  test("an id that nobody knows is taken, one that cannot be is refused, and none moves a terminal", async () => {
    expect(await shell.ok("users erase nobody")).toMatchObject({ userId: "nobody", actor: "tester", reason: null });
    const odd = await shell.run(["users", "erase", "a\u001b]0;owned\u0007"]);
    expect([odd.code, odd.out]).toEqual([0, expect.not.stringContaining("\u001b") as string]);
    for (const [words, message] of [
      [["users", "erase", ""], /userId: empty/],
      [["users", "erase", "x".repeat(257)], /userId: 257 bytes, at most 256/],
      [["users", "erase", "u", "--reason", "two\nlines"], /has control characters or ends of lines/],
      [["users", "erase", "u", "--actor", " "], /the text: empty/i],
      [["users", "erase"], /missing required argument 'user'/],
    ] as const) {
      const { code, err } = await shell.run(words);
      expect([code, err]).toEqual([2, expect.stringMatching(message) as string]);
    }
  });
});

describe("on the log of a campaign that many have been in", () => {
  let shell: Shell;
  beforeAll(async () => {
    shell = openShell();
    await playSmallRun({ folder: shell.folder, release: tinyRelease("served"), sessions: 600, seed: 4 });
  });
  afterAll(() => shell.close());

  test("evaluate, replay with a change and the rows to learn from leave their users out, and count them", async () => {
    const [before] = (await shell.run("evaluate --live --json")).json as { rows: number; warnings: string[] }[];
    const rows = (await shell.run("tail training-log --json")).json as { key: string }[];
    const key = must(rows[0], "a row").key;
    const own = rows.filter((row) => row.key === key).length;
    const decided = (await shell.run("tail decisions --json")).json.filter((row) => row["key"] === key).length;
    const what = "replay --budget 1000000 --json";
    const recorded = (await shell.run(what)).json[0] as { asItWas: { sessions: number }; erased: number };
    await shell.ok(`users erase ${key}`);
    const [after] = (await shell.run("evaluate --live --json")).json as { rows: number; warnings: string[] }[];
    expect(must(before, "before").warnings).toEqual([]);
    expect(must(after, "after")).toMatchObject({
      source: { leftOut: { erased: own } },
      warnings: [
        `users who were erased are left out: ${own} rows of the training log (of any campaign), ${decided} decisions`,
      ],
    });
    expect(after?.rows).toBeLessThan(must(before, "before").rows);
    const replayed = (await shell.run(what)).json[0] as { asItWas: { sessions: number }; erased: number };
    expect(replayed.erased).toBeGreaterThan(0);
    expect(replayed.asItWas.sessions).toBe(recorded.asItWas.sessions - replayed.erased);
  });
});
