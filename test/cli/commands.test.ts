// Commands as they are typed, on a real embedded log on which a real allocator runs, in the order in which people come to
// them: topics, campaign, release, and a run that ends and goes on.

import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Release } from "../../src/domain/release/release.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import { writeCampaign, writeRelease } from "./small-campaign.ts";
import { openShell, type Background, type Shell } from "./shell.ts";

let shell: Shell;
let allocator: Background;
const releases: Release[] = [];

beforeAll(async () => {
  shell = openShell();
  expect(await shell.run("topics create")).toMatchObject({ code: 0 });
  allocator = shell.start("run --json");
  await allocator.said('"serve":[0,1],"treasury":[0]');
});

afterAll(async () => {
  await allocator.stop();
  shell.close();
});

describe("topics", () => {
  test("are made once, and what is there is left alone", async () => {
    const again = await shell.ok("topics create");
    expect(again).toMatchObject({ created: [] });
    expect(again["topics"]).toHaveLength(16);
  });

  test("are checked against what is needed: 0 when they agree, 1 with each difference and its fix when not", async () => {
    expect(await shell.ok("topics check")).toMatchObject({ ok: true, differences: [] });
    const other = openShell({ ...shell.env, STIPEND_PARTITIONS: "3" });
    const { code, json } = await other.run("topics check --json");
    expect(code).toBe(1);
    expect(json[0]).toMatchObject({ ok: false });
    expect(json[0]?.["differences"]).toContainEqual({
      topic: "sessions",
      setting: "partitions",
      needed: "3",
      found: "2",
      fix: expect.stringMatching(/^set STIPEND_PARTITIONS=2: run with 2/) as string,
    });
    const refused = await other.run("topics create");
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/not 3: set STIPEND_PARTITIONS=2/)]);
    const control = openShell({ ...shell.env, STIPEND_CONTROL_PARTITIONS: "2" });
    expect((await control.run("run")).err).toMatch(/budget-pacing has 1 .* set STIPEND_CONTROL_PARTITIONS=1/);
    control.close();
    const text = await other.run("topics check");
    expect(text.out).toMatch(/^topic +setting +needed +found +what to do\n/);
    other.close();
  });
});

describe("a campaign and its releases", () => {
  test("a campaign is created from its file, applied on every partition, and only once", async () => {
    const file = writeCampaign(shell.folder);
    const created = await shell.ok(`campaign create ${file} --wait`);
    expect(created).toMatchObject({
      campaign: "spring",
      action: "create",
      outcome: "applied",
      revision: 1,
      refusal: null,
      actor: "tester",
      silent: [],
    });
    const again = await shell.run(`campaign create ${file}`);
    expect(again.code).toBe(1);
    expect(again.out).toContain("refused: already_exists");
  });

  test("the example in examples/ is a campaign", async () => {
    const example = readFileSync(join(import.meta.dirname, "..", "..", "examples", "campaign.yaml"), "utf8");
    const file = join(shell.folder, "example.yaml");
    writeFileSync(file, example.replace("id: spring", "id: example"));
    expect(await shell.ok(`campaign create ${file} --dry-run`)).toMatchObject({ campaign: "example", dryRun: true });
  });

  test("several files are several campaigns; one that is wrong is named, and then none is created", async () => {
    const periods = { every: "day", budgetMinor: 20_000, rollover: "carry" };
    const north = writeCampaign(shell.folder, "north", { periods, timeZone: "Asia/Kathmandu" });
    const south = writeCampaign(shell.folder, "south", { periods: { ...periods, every: "week" } });
    const wrong = writeCampaign(shell.folder, "wrong", { periods: { ...periods, every: "hour" } });
    const refused = await shell.run(`campaign create ${north} ${wrong}`);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("wrong.json: periods.every: ")]);
    expect((await shell.run("pacing status --campaign north")).code).toBe(2);
    const id = await shell.run(`campaign create ${north} ${south} --command-id one`);
    expect([id.code, id.err]).toEqual([2, expect.stringContaining("--command-id: an id is of one command")]);
    const created = await shell.run(`campaign create ${north} ${south} --wait --json`);
    expect(created.json.map(({ campaign, outcome }) => [campaign, outcome])).toEqual([
      ["north", "applied"],
      ["south", "applied"],
    ]);
    const { out } = await shell.run("pacing status --campaign north");
    expect(out).toMatch(/^this day, to \d{4}-\d\d-\d\d 00:00:00\+05:45: 0.00 EUR spent of 200.00 EUR$/m);
    await shell.ok("pacing set-budget --campaign south --budget 90000 --period-budget 500 --wait");
    expect((await shell.ok("pacing status --campaign south"))["period"]).toMatchObject({
      every: "week",
      budgetMinor: 500,
    });
  });

  test("the same command id gets the same answer again", async () => {
    const file = writeCampaign(shell.folder, "autumn");
    const first = await shell.ok(`campaign create ${file} --command-id make-autumn`);
    const second = await shell.ok(`campaign create ${file} --command-id make-autumn`);
    expect(second).toMatchObject({ outcome: expect.stringMatching(/accepted|applied/), commandId: "make-autumn" });
    expect(second["revision"]).toBe(first["revision"]);
  });

  test("a release folder is published as a candidate, listed and shown", async () => {
    for (const name of ["first", "second"]) {
      const { folder, release } = writeRelease(shell.folder, name);
      releases.push(release);
      expect(await shell.ok(`releases publish ${folder} --campaign spring`)).toMatchObject({ hash: release.hash });
    }
    const [first, second] = releases;
    const listed = await shell.ok("releases list");
    expect(listed["releases"]).toMatchObject([
      { campaign: "spring", hash: first?.hash, standing: "candidate", clusters: 2, arms: ["none", "small", "large"] },
      { campaign: "spring", hash: second?.hash, standing: "candidate" },
    ]);
    expect((await shell.run("releases list --campaign autumn --json")).json).toEqual([{ releases: [] }]);
    const shown = await shell.ok(`releases show ${first?.hash.slice(0, 10)}`);
    expect(shown).toMatchObject({ hash: first?.hash, evidence: { text: "first" }, certificate: { solver: "by hand" } });
    expect(shown["frontier"]).toHaveLength(4);
    const text = await shell.run(`releases show ${first?.hash.slice(0, 10)}`);
    expect(text.out).toContain(`release ${first?.hash}`);
  });

  test("a promotion is refused with its reason, and when it is accepted it is applied everywhere", async () => {
    const stale = await shell.run(`releases promote ${releases[0]?.hash} --expect 99`);
    expect(stale.code).toBe(1);
    expect(stale.out).toMatch(/refused: stale_revision: the current one is \d+/);
    const promoted = await shell.ok(`releases promote ${releases[0]?.hash} --campaign spring --wait`);
    expect(promoted).toMatchObject({ action: "promote_release", outcome: "applied", silent: [] });
    expect(promoted["applied"]).toHaveLength(2);
    expect(await shell.ok(`releases promote ${releases[1]?.hash} --wait`)).toMatchObject({ outcome: "applied" });
    expect((await shell.ok("releases list"))["releases"]).toMatchObject([
      { standing: "previous" },
      { standing: "in force" },
    ]);
  });

  test("a rollback brings the earlier release back, and is refused when there is none", async () => {
    expect(await shell.ok("releases rollback --campaign spring --wait")).toMatchObject({ outcome: "applied" });
    expect((await shell.ok("releases list"))["releases"]).toMatchObject([
      { standing: "in force" },
      { standing: "candidate" },
    ]);
    const { code, out } = await shell.run("releases rollback --campaign spring");
    expect(code).toBe(1);
    expect(out).toContain("no_earlier_release");
  });
});

describe("run", () => {
  test("a second one on the same log is refused with a clear message", async () => {
    const { code, json } = await shell.run("run --json");
    expect(code).toBe(1);
    expect(json[0]).toMatchObject({ event: "already_running" });
    expect(String(json[0]?.["message"])).toContain(`run by process ${process.pid}`);
  });

  test("ends with 0 by a signal, and an answer that nobody gives is said after the time-out", async () => {
    const ended = await allocator.stop();
    expect(ended.code, ended.err).toBe(0);
    expect(ended.json.at(-1)).toMatchObject({ event: "stopped", cycles: expect.any(Number) as number });
    const { code, json } = await shell.run("releases rollback --campaign spring --timeout 200ms --json");
    expect(code).toBe(1);
    expect(json[0]).toMatchObject({ outcome: null, revision: null, silent: [0, 1] });
    const text = await shell.run("releases rollback --campaign spring --timeout 200ms --command-id again");
    expect(text.out).toMatch(/no answer within 0.2 s: is the allocator running .*--command-id again/);
  });

  test("who waits for an answer can stop waiting; the command stays sent", async () => {
    const waiting = shell.start("releases rollback --campaign spring --timeout 1h --command-id patient");
    await shell.until("tail budget-pacing --json", ({ json }) =>
      json.some(({ value }) => (value as { commandId: string }).commandId === "patient"),
    );
    const { code, out } = await waiting.stop();
    expect([code, out]).toEqual([1, expect.stringContaining("no answer before it was interrupted")]);
  });

  test("goes on where it stopped: what was asked meanwhile is answered", async () => {
    allocator = shell.start("run --json");
    await allocator.said('"treasury":[0]');
    const { json } = await shell.until(
      "releases rollback --campaign spring --command-id again --json",
      (ended) => ended.json[0]?.["outcome"] !== null,
    );
    expect(json[0]).toMatchObject({ commandId: "again", outcome: "refused", refusal: "no_earlier_release" });
  });

  test("ends with 1 and the reason by itself when going on could make money wrong", async () => {
    const broken = openShell();
    await broken.ok("topics create");
    const log = await openEmbeddedLog({ folder: join(broken.folder, "log"), now: Date.now, newToken: randomUUID });
    await log.send([{ topic: "state", partition: 1, key: Buffer.from("\0cycle"), value: Buffer.from("garbage") }]);
    await log.close();
    const { code, err, json } = await broken.run("run --json");
    expect(code).toBe(1);
    expect(err).toContain("serve 1: fatal: state 1@0 is in the place of a control record and is none of ours");
    expect(JSON.parse(err.trim().split("\n").at(-1) ?? "")).toMatchObject({
      level: "error",
      message: expect.stringMatching(/^state 1@0 is in the place of a control record/) as string,
    });
    expect(json.map(({ event }) => event)).not.toContain("stopped");
    // The others were drained and gave the log back: the next one comes as far as this one did.
    const next = await broken.run("run --json");
    expect([next.code, next.json[0]?.["event"]]).toEqual([1, "joined"]);
    broken.close();
  });
});
