// Records as they are sent, shown, sent once more and proved from the command line, on a real embedded log on which a real
// allocator decides them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import type { Release } from "../../../src/domain/release/release.ts";
import { openShell, type Background, type Shell } from "../shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../small-campaign.ts";

let shell: Shell;
let allocator: Background;
let release: Release;

beforeAll(async () => {
  shell = openShell();
  await shell.ok("topics create");
  allocator = shell.start("run --json");
  await allocator.said('"serve":[0,1],"treasury":[0]');
  for (const id of ["spring", "autumn"]) await shell.ok(`campaign create ${writeCampaign(shell.folder, id)} --wait`);
  const written = writeRelease(shell.folder, "first");
  release = written.release;
  await shell.ok(`releases publish ${written.folder} --campaign spring`);
  await shell.ok(`releases promote ${release.hash} --campaign spring --wait`);
});

afterAll(async () => {
  await allocator.stop();
  shell.close();
});

describe("records", () => {
  test("good lines are sent, decided once each, and seen by tail in full", async () => {
    const lines = Array.from({ length: 40 }, (_, number) => sessionLine(number)).join("\n");
    expect(await shell.ok("send sessions", lines)).toEqual({ topic: "sessions", lines: 40, sent: 40, refused: 0 });
    const { json } = await shell.until("tail decisions --json", (ended) => ended.json.length >= 40);
    expect(json).toHaveLength(40);
    const ids = json.map(({ value }) => (value as { sessionId: string }).sessionId);
    expect(new Set(ids).size).toBe(40);
    for (const record of json) {
      expect(record).toMatchObject({ topic: "decisions", timestampMs: expect.any(Number) as number });
      expect(record["value"]).toMatchObject({ campaign: "spring", release: release.hash });
      expect(Object.keys(record)).toEqual(["topic", "partition", "offset", "timestampMs", "key", "value"]);
    }
    const times = json.map(({ timestampMs }) => Number(timestampMs));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("tail begins where it is told: at an offset, at a time, in one partition, and ends at a limit", async () => {
    const all = (await shell.run("tail decisions --json")).json;
    const one = (await shell.run("tail decisions --json --partition 1")).json;
    expect(one).toEqual(all.filter(({ partition }) => partition === 1));
    const later = (await shell.run("tail decisions --json --partition 1 --from 3 --limit 2")).json;
    expect(later.map(({ offset }) => offset)).toEqual(
      one
        .map(({ offset }) => offset)
        .filter((n) => Number(n) >= 3)
        .slice(0, 2),
    );
    const times = all.map(({ timestampMs }) => Number(timestampMs));
    const middle = must(times[20], "a time");
    const since = (await shell.run(`tail decisions --json --from ${new Date(middle).toISOString()}`)).json;
    expect(since).toHaveLength(times.filter((time) => time >= middle).length);
    expect((await shell.run("tail decisions --from end --json")).json).toEqual([]);
    expect((await shell.run("tail decisions --from 2099-01-01T00:00:00Z --json")).json).toEqual([]);
  });

  test("tail --follow shows what comes later, as it comes, and ends by a signal with 0", async () => {
    const tail = shell.start("tail decisions --follow --json");
    // It begins at the end as it is when it starts: a session of its own is sent until it is seen.
    for (let number = 1_000; !tail.lines.some((line) => line.includes("s-10")); number += 1) {
      await shell.ok("send sessions", sessionLine(number));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await tail.stop()).code).toBe(0);
  });

  test("a changelog is read too, with the control records of its cycles", async () => {
    const { json } = await shell.run("tail state --json");
    const control = json.filter(({ key }) => key === "\0cycle");
    expect(control.length).toBeGreaterThan(0);
    expect(control[0]?.["value"]).toMatchObject({
      cycle: expect.any(Number) as number,
      lineage: expect.any(String) as string,
    });
    expect((await shell.run("tail state --limit 1")).out).toMatch(/^\d@\d+ /);
  });

  test("at a bad line it stops: what came before is on the log, nothing after, and the line and field are named", async () => {
    const input = [sessionLine(2_000), '{"sessionId":"s-2001","userId":7}', sessionLine(2_002)].join("\n");
    const { code, json, err } = await shell.run("send sessions --json", input);
    expect(code).toBe(1);
    expect(json).toEqual([{ topic: "sessions", lines: 2, sent: 1, refused: 1 }]);
    expect(err).toContain("line 2: sessions: userId: expected a text, got 7");
    const sent = (await shell.run("tail sessions --json")).json.map(({ key }) => key);
    expect(sent).toContain("u-2000");
    expect(sent).not.toContain("u-2002");
    const text = await shell.run("send sessions", '{"oops"');
    expect(text.out).toContain("stopped at line 1");
    expect(text.err).toContain("line 1: not JSON");
  });

  test("with --keep-going the bad lines alone are left out", async () => {
    const input = [sessionLine(3_000), "[]", "", '{"sessionId":"x"}', sessionLine(3_001)].join("\n");
    const { code, json, err } = await shell.run("send sessions --keep-going --json", input);
    expect(code).toBe(1);
    expect(json).toEqual([{ topic: "sessions", lines: 5, sent: 2, refused: 2 }]);
    expect(err).toMatch(/line 2: sessions: expected an object[^]*line 4: sessions: \w+: is missing/);
  });

  test("a line of another encoding is a bad line: replaced characters would make one user of two", async () => {
    const line = sessionLine(3_100).replaceAll("u-3100", "Müller");
    const stdin = Readable.from([Buffer.from(`${line}\n`, "latin1"), `${sessionLine(3_101)}\n`], { objectMode: false });
    const { code, json, err } = await shell.run("send sessions --keep-going --json", stdin);
    expect([code, json]).toEqual([1, [{ topic: "sessions", lines: 2, sent: 1, refused: 1 }]]);
    expect(err).toContain("line 1: not UTF-8");
  });

  test("a line that is larger than its topic carries is a bad line", async () => {
    const large = JSON.stringify({ ...JSON.parse(sessionLine(1)), attributes: { note: "x".repeat(1_100_000) } });
    const { code, err } = await shell.run("send sessions", large);
    expect(code).toBe(1);
    expect(err).toMatch(/line 1: sessions: \d+ bytes, more than the 16384 that a record of it has at most/);
  });

  test("lines that trickle in are sent as they come, the last one whole", async () => {
    const stdin = new PassThrough();
    const sending = shell.run("send profiles --json", stdin);
    stdin.write(`${JSON.stringify({ userId: "u-1", atMs: 1, attributes: { vip: true } })}\n{"userId":"u-2",`);
    await shell.until("tail profiles --json", ({ json }) => json.length === 1);
    stdin.end(`"atMs":2,"attributes":{}}\n`);
    expect((await sending).json).toEqual([{ topic: "profiles", lines: 2, sent: 2, refused: 0 }]);
  });

  test("a profile whose attributes are null is a tombstone under its user, and needs the user", async () => {
    await shell.ok("send profiles", '{"userId":"leaves","attributes":null}');
    const { json } = await shell.until("tail profiles --json", (ended) =>
      ended.json.some(({ key }) => key === "leaves"),
    );
    expect(json.find(({ key }) => key === "leaves")).toMatchObject({ value: null });
    for (const [wrong, fault] of [
      [{}, "userId: is missing"],
      [{ userId: "" }, "userId: empty"],
      [{ userId: "leaves", atMs: "now" }, "atMs: "],
      [{ userId: "leaves", attribute: 1 }, "attribute: unknown field"],
    ] as const) {
      const { code, err } = await shell.run("send profiles", JSON.stringify({ ...wrong, attributes: null }));
      expect([code, err]).toEqual([1, expect.stringContaining(`line 1: profiles: ${fault}`)]);
    }
  });

  test("a file is sent as stdin is, and each topic gets the key and partition that it asks for", async () => {
    const file = join(shell.folder, "outcomes.jsonl");
    const outcome = { outcomeId: "o-1", decisionId: "d-s-1", userId: "u-1", atMs: Date.now(), kind: "converted" };
    writeFileSync(file, `${JSON.stringify({ ...outcome, amountMinor: null, rewards: { converted: 1 } })}\r\n`);
    expect(await shell.ok(`send outcomes --file ${file}`)).toMatchObject({ sent: 1 });
    const { json } = await shell.run("tail outcomes --json");
    expect(json).toMatchObject([{ key: "u-1", value: { outcomeId: "o-1", rewards: { converted: 1 } } }]);
    const command = { commandId: "by-hand", campaign: "autumn", atMs: 0, expectedRevision: null, dryRun: false };
    const sent = JSON.stringify({ ...command, action: { kind: "pause" } });
    expect(await shell.ok("send budget-pacing", sent)).toMatchObject({ sent: 1 });
    await shell.until("tail budget-status --json", ({ json: statuses }) =>
      statuses.some(({ key, value }) => key === "autumn" && (value as { state: string }).state === "paused"),
    );
  });

  test("topics of the allocator are refused unless --force says so", async () => {
    const refused = await shell.run("send grants", "{}");
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("grants is written by the allocator alone");
    const forced = await shell.run("send grants --force", "{}");
    expect(forced.code).toBe(1);
    expect(forced.err).toContain("line 1: grants: ");
    const changelog = await shell.run("send state --force", "{}");
    expect(changelog.code).toBe(2);
    expect(changelog.err).toContain("changelog");
  });
});

describe("dead letters", () => {
  const stray = (number: number) => ({
    outcomeId: `stray-${number}`,
    decisionId: "d-never-made",
    userId: `u-${number}`,
    atMs: Date.now(),
    kind: "converted",
    amountMinor: null,
    rewards: {},
  });

  test("are listed with their reason and place, by any choice", async () => {
    const lines = [1, 2, 3].map((number) => JSON.stringify(stray(number))).join("\n");
    expect(await shell.ok("send outcomes", lines)).toMatchObject({ sent: 3 });
    const { json } = await shell.until(
      "dead-letters list --reason unknown_decision --json",
      (ended) => ended.json.length === 3,
    );
    for (const letter of json)
      expect(letter).toMatchObject({
        at: expect.stringMatching(/^\d+@\d+$/) as string,
        reason: "unknown_decision",
        topic: "outcomes",
      });
    expect((await shell.run("dead-letters list --topic profiles --json")).json).toEqual([]);
    const [first] = json;
    const only = await shell.run(`dead-letters list --at ${String(first?.["at"])} --json`);
    expect(only.json).toEqual([first]);
    expect((await shell.run("dead-letters list --limit 1")).out).toContain("unknown_decision outcomes");
  });

  test("are sent once more to where they came from, whole, and what still cannot be used comes back", async () => {
    expect(await shell.ok("dead-letters redrive --reason unknown_decision --dry-run")).toEqual({
      dryRun: true,
      redriven: 3,
      byTopic: { outcomes: 3 },
      leftOut: 0,
      tooLarge: 0,
      erased: 0,
    });
    expect(await shell.ok("dead-letters redrive --reason unknown_decision")).toMatchObject({ redriven: 3 });
    const { json } = await shell.until("dead-letters list --topic outcomes --json", (ended) => ended.json.length === 6);
    expect(json.map(({ key }) => String(key)).toSorted()).toEqual(["u-1", "u-1", "u-2", "u-2", "u-3", "u-3"]);
  });

  test("must be chosen: nothing is redriven by oversight", async () => {
    for (const line of ["dead-letters redrive", "dead-letters redrive --all --reason contract"]) {
      const { code, err } = await shell.run(line);
      expect(code).toBe(2);
      expect(err).toContain("say which");
    }
  });
});

describe("verify", () => {
  test("proves the money of all this, while the allocator works", async () => {
    const verified = await shell.ok("verify");
    expect(verified).toMatchObject({ ok: true, violations: [], violationsInAll: 0 });
    expect(verified["checked"]).toMatchObject({ partitions: 2, campaigns: 2 });
    const { out } = await shell.run("verify");
    expect(out).toMatch(/^checked +count\n/);
    expect(out).toContain("every law holds");
  });

  test("ends with 1 and names the record when a row was written by somebody else", async () => {
    const { json } = await shell.run("tail decisions --json --limit 1");
    const forged = JSON.stringify(json[0]?.["value"]);
    expect(await shell.ok("send decisions --force", forged)).toMatchObject({ sent: 1 });
    const { code, json: result, err } = await shell.run("verify --json");
    expect(code, err).toBe(1);
    expect(result[0]).toMatchObject({ ok: false });
    expect(result[0]?.["violations"]).toContainEqual(expect.objectContaining({ topic: "decisions" }));
    const text = await shell.run("verify --show 1");
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/law +record +what is wrong\n\S+ +decisions \d@\d+/);
  });
});
