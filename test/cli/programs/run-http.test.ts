// `stipend run` with STIPEND_HTTP: what a probe and Prometheus see of a whole allocator.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import { openShell, type Background, type Shell } from "../shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../small-campaign.ts";

let shell: Shell;

beforeEach(() => {
  shell = openShell({ STIPEND_HTTP: "127.0.0.1:0" });
});
afterEach(() => shell.close());

test("a running allocator is ready when all its tasks run, tells its metrics, and closes the port when it ends", async () => {
  const run = shell.start("run --json");
  const { address } = JSON.parse(await run.said('"event":"http"')) as { address: string };
  const until = async (path: string, good: (status: number, text: string) => boolean): Promise<string> => {
    for (;;) {
      const response = await fetch(`${address}${path}`);
      const text = await response.text();
      if (good(response.status, text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  expect(await until("/readyz", (status) => status === 200)).toBe("ready\n");
  const { folder } = writeRelease(shell.folder, "first");
  expect(await shell.run(`campaign create ${writeCampaign(shell.folder)}`)).toMatchObject({ code: 0 });
  expect(await shell.run(`releases publish ${folder} --campaign spring`)).toMatchObject({ code: 0 });
  await shell.run("send sessions", `${sessionLine(1)}\n${sessionLine(2)}\n`);
  await until("/metrics", (_, text) => sumOf(text, 'stipend_input_records_total{kind="serve"') >= 2);
  const text = await until("/metrics", (_, all) => all.includes("stipend_budget_minor{"));
  expect(sumOf(text, 'stipend_task_state{kind="serve"')).toBe(2);
  expect(sumOf(text, "stipend_scrape_failures_total")).toBe(0);
  expect((await run.stop()).code).toBe(0);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow("fetch failed");
});

describe("what is wrong is told by /readyz and the metrics while it is so", () => {
  let behindMs: number;
  let world: Shell;
  let run: Background;

  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const { address } = JSON.parse(await run.said('"event":"http"')) as { address: string };
    const response = await fetch(`${address}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const ready = async (status: number, text: RegExp): Promise<void> => {
    await expect
      .poll(async () => await get("/readyz"), { timeout: 20_000 })
      .toEqual({ status, text: expect.stringMatching(text) as string });
  };
  const metric = async (start: string, value: number): Promise<void> => {
    await expect.poll(async () => sumOf((await get("/metrics")).text, start), { timeout: 20_000 }).toBe(value);
  };
  const open = (given: Record<string, string> = {}): void => {
    behindMs = 0;
    world = openShell({ STIPEND_HTTP: "127.0.0.1:0", ...given }, () => Date.now() - behindMs);
    run = world.start("run --json");
  };
  const prepare = async (): Promise<void> => {
    const { folder, release } = writeRelease(world.folder, "first");
    await world.ok(`campaign create ${writeCampaign(world.folder)}`);
    await world.ok(`releases publish ${folder} --campaign spring`);
    await world.ok(`releases promote ${release.hash} --campaign spring`);
  };
  afterEach(async () => {
    await run.stop();
    world.close();
  });

  test("dead letters and refused commands, with a line in the log that says which", async () => {
    open();
    await ready(200, /^ready\n$/);
    const log = await openEmbeddedLog({ folder: join(world.folder, "log"), now: Date.now, newToken: randomUUID });
    const traceparent = Buffer.from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    await log.send([{ topic: "sessions", key: Buffer.from("u"), value: Buffer.from("no"), headers: { traceparent } }]);
    await log.close();
    expect(await world.run("pacing pause --campaign spring --wait")).toMatchObject({ code: 1 });
    await ready(200, /^ready\nwarning: 1 dead letters .*\(undecodable 1\).*\nwarning: 1 commands refused/);
    await metric("stipend_dead_letters_total{", 1);
    await metric('stipend_commands_total{partition="0",outcome="refused"', 1);
    const lines = run.err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "warn",
        kind: "serve",
        message: expect.stringMatching(/^dead letter: sessions \d@0: undecodable: /) as string,
        traceId: "0af7651916cd43dd8448eb211c80319c",
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ kind: "treasury", partition: 0, campaign: "spring" }));
  });

  test("a feature service that fails, until it answers again", async () => {
    let fails = false;
    const server = createServer((_, response) => {
      response.writeHead(fails ? 500 : 200).end('{"users":{}}');
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    open({
      STIPEND_FEATURE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      STIPEND_FEATURE_DEADLINE_MS: "10000",
    });
    await ready(200, /^ready\n$/);
    await prepare();
    fails = true;
    for (let number = 0; number < 8; number += 1) {
      await world.ok("send sessions", sessionLine(number));
      await metric("stipend_decisions_degraded_total{", number + 1);
    }
    await ready(
      200,
      /warning: the feature service fails and is not asked for now \(last failure: .*500\); 100 % of the decisions/,
    );
    await metric("stipend_feature_breaker_open", 1);
    fails = false;
    for (let number = 8; (await get("/readyz")).text.includes("not asked for now"); number += 1) {
      await world.ok("send sessions", sessionLine(number));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await metric("stipend_feature_breaker_open", 0);
    server.close();
  });

  test("a feature service of a wrong address is refused at the start", async () => {
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    open();
    await ready(200, /^ready/);
    const bad = openShell({ STIPEND_FEATURE_URL: url });
    const { code, err } = await bad.run("run --log text");
    expect([code, err]).toEqual([2, expect.stringContaining(`STIPEND_FEATURE_URL: ${url}: 404: there is no feature`)]);
    bad.close();
    server.close();
  });

  test("time that stands, until the clock has caught up", async () => {
    open();
    await ready(200, /^ready\n$/);
    await prepare();
    behindMs = 60_000;
    await ready(503, /treasury 0: time stands: its last cycle was \d+ s ahead of this machine's clock/);
    const { text } = await get("/metrics");
    expect(sumOf(text, 'stipend_clock_behind_seconds{kind="treasury"')).toBeGreaterThan(2);
    behindMs = 0;
    await ready(200, /^ready\n$/);
    await metric('stipend_clock_behind_seconds{kind="treasury"', 0);
  });

  test("a clock that jumps years ahead stops the run, the next start too, until it is right or accepted", async () => {
    open();
    await ready(200, /^ready\n$/);
    await prepare();
    const yearsMs = 10 * 365 * 86_400_000;
    behindMs = -yearsMs;
    const jumped =
      /"message":"this machine's clock says 20\d\d-.*: 3650 days more than have passed since the cycle before.*--accept-clock/;
    await expect.poll(() => run.err, { timeout: 20_000 }).toMatch(jumped);
    expect((await run.stop()).code).toBe(1);
    const again = await world.run("run --log text");
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/3650 days more .* since the run before/)]);
    behindMs = 0;
    run = world.start("run --json");
    await ready(200, /^ready\nwarning: the run before this one ended badly: .*3650 days/);
    expect(await world.ok("pacing status")).toMatchObject({ campaign: "spring", state: "live" });
    await run.stop();
    behindMs = -yearsMs;
    run = world.start("run --json --accept-clock");
    await ready(200, /^ready\n$/);
  });

  test("how the run before ended", async () => {
    open();
    await ready(200, /^ready\n$/);
    await run.stop();
    run = world.start("run --json");
    await ready(200, /^ready\n$/);
    await run.stop();
    const file = join(world.folder, "log-state", "last-run.json");
    const last = JSON.parse(readFileSync(file, "utf8")) as object;
    expect(last).toMatchObject({ end: { reason: null } });
    writeFileSync(file, JSON.stringify({ ...last, end: { reason: "serve 0: fatal: no such topic" } }));
    run = world.start("run --json");
    await ready(200, /^ready\nwarning: the run before this one ended badly: serve 0: fatal: no such topic\n$/);
    await metric("stipend_last_exit_failed", 1);
    expect(run.err).toContain("ended badly: serve 0: fatal: no such topic");
    await run.stop();
    run = world.start("run --json");
    await ready(200, /^ready\n$/);
    await metric("stipend_last_exit_failed", 0);
  });
});

test("an address that cannot be had is refused before anything runs", async () => {
  const bad = openShell({ STIPEND_HTTP: "here" });
  expect(await bad.run("run")).toMatchObject({ code: 2, err: expect.stringContaining("STIPEND_HTTP") as string });
  bad.close();
});

function sumOf(text: string, start: string): number {
  const values = text.split("\n").filter((line) => line.startsWith(start));
  return values.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
