// The procedure of docs/OPERATIONS.md, Skipping a record, step by step, on whatever log the shell names: on a task that a record
// really stops, again after each start.

import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { Program } from "../cli/programs/program-process.ts";
import type { Shell } from "../cli/shell.ts";
import { sessionLine } from "../cli/small-campaign.ts";

const POISON = { file: fileURLToPath(new URL("poison.ts", import.meta.url)) };
const PATIENCE = { timeout: 60_000 };

export async function skips(shell: Shell): Promise<void> {
  await shell.ok("topics create");
  // All of one user, so that they are in one partition.
  const session = (id: string): string => sessionLine(1).replace('"s-1"', `"${id}"`);
  await shell.ok("send sessions", ["before", "poison", "behind"].map(session).join("\n"));
  const starting = (): Program => new Program(shell, "run --json --without-retraining", POISON);
  const decided = async (): Promise<readonly unknown[]> =>
    (await shell.run("tail decisions --json")).json.map(({ value }) => (value as Record<string, unknown>)["sessionId"]);

  let at = "";
  for (let start = 0; start < 2; start += 1) {
    const stopped = starting();
    expect(await stopped.ended(), stopped.err).toBe(1);
    const says = /cannot get past sessions (\d@\d+): TypeError: .*`stipend dead-letters skip --topic sessions --at \1`/;
    expect(stopped.err).toMatch(says);
    [, at = ""] = says.exec(stopped.err) ?? [];
    expect(await decided()).toEqual(["before"]);
  }
  const other = `${at.split("@")[0]}@${Number(at.split("@")[1]) + 1}`;
  const wrong = await shell.run(`dead-letters skip --topic sessions --at ${other}`);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/is not what serve comes to next/)]);
  await shell.ok(`dead-letters skip --topic sessions --at ${at}`);

  const running = starting();
  await expect.poll(decided, PATIENCE).toEqual(["before", "behind"]);
  const busy = await shell.run("dead-letters skip --topic sessions --at 0@0 --timeout 2s");
  expect([busy.code > 0, busy.err]).toEqual([true, expect.stringMatching(/stop (it|every allocator)/)]);
  running.child.kill("SIGTERM");
  expect(await running.ended(), running.err).toBe(0);
  const [letter, ...others] = (await shell.run("dead-letters list --json")).json;
  expect([letter?.["reason"], others]).toEqual(["skipped", []]);
  expect((await shell.run("verify")).out).toMatch(/every law holds/);
}
