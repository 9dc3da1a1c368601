// What is done from the page of health: dead letters sent once more, where which are meant has to be right, or nothing is answered
// as done; and the proof of the money, one at a time.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Verifying } from "../../src/console/server/verifying.ts";
import { createHttp } from "../../src/http/server.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { openShell } from "../cli/shell.ts";

const TOKEN = "a-token-that-may-command";
const shell = openShell();
afterAll(() => shell.close());

test("a topic of dead letters that there is not is refused by the field, with those that there are", async () => {
  await shell.ok("topics create");
  const tokens = join(shell.folder, "tokens");
  writeFileSync(tokens, `ana read,command ${TOKEN}\n`);
  const program = shell.start(`console --port 0 --commands --tokens ${tokens} --json`);
  const { address } = JSON.parse(await program.said("address")) as { address: string };
  const asked = async (topic: string) => {
    const answer = await fetch(`${address}/api/dead-letters/redrive`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ topic, reason: "future", dryRun: true }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  expect(await asked("nope")).toMatchObject({
    status: 400,
    body: { field: "topic", message: expect.stringMatching(/^expected one of sessions, outcomes, .*got "nope"$/) },
  });
  expect(await asked("sessions")).toEqual({ status: 200, body: { sent: 0, leftOut: 0 } });
  await program.stop();
});

test("of two who ask at once the second is told that it is being proved", async () => {
  const log = createSimulatedCluster({ now: () => 0 }).connect("console");
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  const { promise: open, resolve } = Promise.withResolvers<void>();
  const slow = {
    ...log,
    ranges: async (topic: string) => {
      await open;
      return await log.ranges(topic);
    },
  };
  const verifying = new Verifying();
  const app = createHttp({ host: "127.0.0.1", port: 0, tokens: null, tls: null, onTrouble: () => undefined });
  verifying.add(app, { log: slow, scope: undefined, nowMs: () => 7, signal: new AbortController().signal });
  const ask = () => app.inject({ method: "POST", url: "/api/verify", headers: { host: "localhost" } });
  const answers = await Promise.all([ask(), ask()]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 409]);
  expect(verifying.state).toEqual({ running: { rows: 0, of: 0 }, last: null });
  resolve();
  await expect.poll(() => verifying.state).toMatchObject({ running: null, last: { atMs: 7, kind: "holds" } });
  await app.close();
});
