// `stipend run` with STIPEND_HTTP: what a probe and Prometheus see of a whole allocator.

import { afterEach, beforeEach, expect, test } from "vitest";
import { openShell, type Shell } from "./shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "./small-campaign.ts";

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

test("an address that cannot be had is refused before anything runs", async () => {
  const bad = openShell({ STIPEND_HTTP: "here" });
  expect(await bad.run("run")).toMatchObject({ code: 2, err: expect.stringContaining("STIPEND_HTTP") as string });
  bad.close();
});

function sumOf(text: string, start: string): number {
  const values = text.split("\n").filter((line) => line.startsWith(start));
  return values.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
