// `stipend dev`: everything in one process, ready by itself, and what it has decided is there at the next start.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import { sendCommand } from "../../src/workflows/control/control.ts";
import { sampleCampaign } from "../../src/workflows/dev/sample.ts";
import { openShell, type Background, type Shell } from "../cli/shell.ts";
import { doorOf } from "./world.ts";

let shell: Shell;
afterEach(() => shell.close());

async function started(options: string) {
  const program = shell.start(`dev --port 0 --json ${options}`);
  const ready = JSON.parse(await program.said('"ready"')) as { gateway: string; console: string };
  expect(new URL(ready.console).port).not.toBe("8230");
  return { program, ...ready, door: doorOf(ready.gateway) };
}

const place = (program: Background): string =>
  must(/embedded log ([^"]+)\/log"/.exec(program.lines.join("\n"))?.[1], "the folder");

it("decides at once by its sample campaign, shows its console, and leaves nothing of an ephemeral log", async () => {
  shell = openShell();
  const { program, door, console } = await started("--ephemeral");
  const request = { campaign: null, attributes: { visits: 5, member: true } };
  const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => door.decide(`s-${number}`, request)));
  expect(answers.filter(({ body }) => body["incentive"] !== null).length).toBeGreaterThan(20);
  for (const { status, body } of answers) expect([status, body["campaign"]]).toEqual([200, "spring"]);
  expect((await fetch(console)).status).toBe(200);
  const folder = place(program);
  expect(existsSync(folder)).toBe(true);
  expect((await program.stop()).code).toBe(0);
  expect(existsSync(folder)).toBe(false);
});

it("goes on at the next start with what it had", async () => {
  shell = openShell();
  const folder = join(shell.folder, "dev");
  const first = await started(`--folder ${folder}`);
  const before = await first.door.decide("s-1");
  expect((await first.program.stop()).code).toBe(0);
  const second = await started(`--folder ${folder}`);
  expect((await second.door.decide("s-1")).body).toEqual(before.body);
  expect((await second.program.stop()).code).toBe(0);
});

it("that was killed before its sample campaign had a release has it at the next start", async () => {
  shell = openShell();
  const folder = join(shell.folder, "a folder");
  const own = openShell({ STIPEND_DIR: join(folder, "log") });
  await own.ok("topics create");
  const log = await openEmbeddedLog({ folder: join(folder, "log"), now: Date.now, newToken: randomUUID });
  const action = { kind: "create", campaign: sampleCampaign(Date.now()) } as const;
  const sent = { campaign: "spring", atMs: Date.now(), actor: null, reason: null, action };
  await sendCommand(log, { commandId: "dev create", ...sent });
  await log.close();
  own.close();
  const program = shell.start(["dev", "--port", "0", "--folder", folder]);
  const address = (await program.said("decisions ")).split(/ +/)[1] ?? "";
  // A path with a space is one word of a shell.
  expect(await program.said("commands ")).toContain(`STIPEND_DIR='${join(folder, "log")}' bin/stipend`);
  expect((await doorOf(address).decide("s-1", { attributes: { visits: 5, member: true } })).body).toMatchObject({
    campaign: "spring",
    release: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect((await program.stop()).code).toBe(0);
});

it("is refused by name where its log is in use", async () => {
  shell = openShell();
  const folder = join(shell.folder, "dev");
  const first = await started(`--folder ${folder}`);
  const second = await shell.run(`dev --port 0 --console-port 0 --folder ${folder}`);
  expect(second).toMatchObject({ code: 1, out: expect.stringContaining("already running") });
  expect((await first.program.stop()).code).toBe(0);
});

it("a port that is taken is said with the option that changes it, and who may have it", async () => {
  shell = openShell();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  for (const [options, named] of [
    [`--port ${port}`, "--port"],
    [`--port 0 --console-port ${port}`, "--console-port"],
  ]) {
    const { code, err } = await shell.run(`dev --ephemeral ${options}`);
    expect(err).toMatch(
      new RegExp(`${named}: cannot listen on 127.0.0.1:${port}: .*another .stipend dev. may be running`),
    );
    expect(code).toBe(2);
  }
  other.close();
});

it("a folder that can be none is refused by its option", async () => {
  shell = openShell();
  const file = join(shell.folder, "a-file");
  writeFileSync(file, "");
  for (const folder of [file, join(file, "below")]) {
    const { code, err } = await shell.run(`dev --port 0 --folder ${folder}`);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^error: --folder: .*a-file.* cannot be a folder: it is a file/),
    ]);
  }
});

it("the token of its console is not in output that is kept", async () => {
  shell = openShell();
  const program = shell.start("dev --port 0 --ephemeral");
  const told = await program.said("console ");
  expect(told).toMatch(/console +http:\/\/127/);
  const { out, err } = await program.stop();
  expect(out + err).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-4|unlock/);
});
