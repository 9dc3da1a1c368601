// Learning again from the command line: what starts it, what comes of it, and that a live allocator goes on meanwhile.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../programs/program-process.ts";
import { openShell, type Background, type Shell } from "../shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../small-campaign.ts";

/** Learning has the lowest priority: beside other tests it gets the time that they leave. */
const LEARNS_MS = 480_000;

const ARMS = ["none", "small", "large"];
const ROWS = 2_400;

let shell: Shell;
let allocator: Background;
let inForce: string;

beforeAll(async () => {
  shell = openShell();
  await shell.run("topics create");
  allocator = shell.start("run --json");
  await allocator.said('"treasury":[0]');
});

afterAll(async () => {
  await allocator.stop();
  shell.close();
});

/** Rows as a campaign would have left them: each arm drawn with the same chance; who visits often likes a coupon. */
function trainingLines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    const arm = number % 3;
    const visits = Math.floor(number / 3) % 7;
    const converted = (number * 7919) % 100 < 10 + (visits >= 3 ? 15 * arm : 2 * arm);
    return JSON.stringify({
      decisionId: `d-${number}`,
      userId: `u-${number}`,
      campaign: "spring",
      decidedAtMs: 1,
      endedAtMs: 2,
      release: inForce,
      cluster: 0,
      arm,
      armId: ARMS[arm],
      propensities: [1 / 3, 1 / 3, 1 / 3],
      exploration: true,
      holdout: false,
      attributes: { visits, vip: Math.floor(number / 21) % 2 === 0 },
      rewards: { converted: converted ? 1 : 0 },
      redeemed: converted && arm > 0,
      costMinor: converted ? [0, 100, 503][arm] : [0, 0, 3][arm],
    });
  }).join("\n");
}

describe("retrain --once", () => {
  test("is refused while no release is in force", async () => {
    await shell.ok(`campaign create ${writeCampaign(shell.folder)} --wait`);
    const { code, err } = await shell.run("retrain --once");
    expect([code, err]).toEqual([2, expect.stringContaining("no release is in force for spring: publish and promote")]);
  });

  test("is refused with a handful of rows, and says how many there are and are needed", async () => {
    const { folder, release } = writeRelease(shell.folder, "first");
    inForce = release.hash;
    await shell.ok(`releases publish ${folder} --campaign spring`);
    await shell.ok(`releases promote ${release.hash} --wait`);
    await shell.ok("send training-log --force", trainingLines(0, 10));
    const { code, err } = await shell.run("retrain --once --campaign spring");
    expect(code).toBe(2);
    expect(err).toContain("spring has 10 rows on the training log that can be learned from, fewer than 2000");
  });

  test(
    "trains in a process of its own, publishes and promotes; sessions are decided all the while",
    async () => {
      await shell.ok("send training-log --force", trainingLines(10, ROWS));
      let sent = 0;
      const load = setInterval(() => void shell.run("send sessions", sessionLine((sent += 1))), 200);
      const round = await shell.ok("retrain --once --promote --quick");
      clearInterval(load);
      expect(round).toMatchObject({ campaign: "spring", from: inForce, promoted: true, rows: ROWS, earlierRows: 0 });
      const listed = (await shell.ok("releases list"))["releases"] as readonly Record<string, unknown>[];
      expect(listed.find(({ hash }) => hash === round["release"])).toMatchObject({ standing: "in force", arms: ARMS });
      expect(listed.find(({ hash }) => hash === inForce)).toMatchObject({ standing: "previous" });
      await expect
        .poll(async () => (await shell.run("tail decisions --json")).json.length, { timeout: 60_000 })
        .toBeGreaterThanOrEqual(sent);
      expect(sent).toBeGreaterThan(5);
      // From its promotion on, the live loop serves it.
      await shell.ok("send sessions", sessionLine(90_000));
      await expect
        .poll(async () => {
          const { json } = await shell.run("tail decisions --json");
          const last = json
            .map(({ value }) => value as Record<string, unknown>)
            .find(({ sessionId }) => sessionId === "s-90000");
          return last?.["release"];
        })
        .toBe(round["release"]);
    },
    LEARNS_MS,
  );
});

describe("the trigger", () => {
  test(
    "a running allocator learns again by itself after so many new rows, once, and goes on deciding",
    async () => {
      const own = openShell({ STIPEND_RETRAIN_ROWS: "2000" });
      const program = new Program(own, "run --json");
      try {
        await program.said('"treasury":[0]');
        const { folder, release } = writeRelease(own.folder, "first");
        inForce = release.hash;
        for (const line of [
          `campaign create ${writeCampaign(own.folder)} --wait`,
          `releases publish ${folder} --campaign spring`,
          `releases promote ${release.hash} --wait`,
        ])
          expect(await own.run(line)).toMatchObject({ code: 0 });
        expect(await own.run("send training-log --force", trainingLines(0, ROWS))).toMatchObject({ code: 0 });
        await program.said('"event":"retraining","campaign":"spring","reason":"new_rows"');
        expect(await own.run("send sessions", sessionLine(1))).toMatchObject({ code: 0 });
        await expect.poll(async () => (await own.run("tail decisions --json")).json.length).toBe(1);
        expect(program.out).not.toContain('"event":"retrained"');
        await program.said('"event":"retrained"');
        const { json } = await own.run("releases list --json");
        // A candidate: nobody is served by it before it is promoted.
        expect(json[0]?.["releases"]).toMatchObject([{ standing: "in force" }, { standing: "candidate", arms: ARMS }]);
        expect(program.out.match(/"event":"retraining"/g)).toHaveLength(1);
        program.child.kill("SIGTERM");
        expect(await program.ended(), program.err).toBe(0);
      } finally {
        await program.kill();
        own.close();
      }
    },
    LEARNS_MS,
  );
});
