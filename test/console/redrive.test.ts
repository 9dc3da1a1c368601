// Dead letters sent once more from the console: which are meant has to be right, or nothing is answered as done.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openShell } from "../cli/shell.ts";

const TOKEN = "a-token-that-may-command";
const shell = openShell();
afterAll(() => shell.close());

test("a topic that there is not is refused by the field, with those that there are", async () => {
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
