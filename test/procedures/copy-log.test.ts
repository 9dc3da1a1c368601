// `stipend log copy`: an embedded log goes to another log with all that it knows, or is not there at all for anybody.
// test/kafka/broker/commands/move.test.ts does the same to a broker.

import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { checkPartitioning, writePartitioning } from "../../src/workflows/connect/partitioning.ts";
import { copyLog } from "../../src/workflows/topics/copy-log.ts";
import { openShell, type Shell } from "../cli/shell.ts";
import { moves } from "./move.ts";

const shells: Shell[] = [];
let from: Shell;
let to: Shell;

beforeEach(() => {
  from = openShell();
  // On the same folder of local stores: what was filled from the old log must not be taken for the new one's.
  const state = join(from.folder, "state");
  Object.assign(from.env, { STIPEND_STATE_DIR: state });
  to = openShell({ STIPEND_STATE_DIR: state });
  shells.push(from, to);
});
afterEach(() => {
  for (const shell of shells.splice(0)) shell.close();
});

test("a campaign goes on where it was: users, holds, chances, money and what nobody has read yet", async () => {
  await moves(from, to);
}, 180_000);

test("a folder without a log is refused, and nothing is made in it", async () => {
  const { code, err } = await to.run(`log copy ${from.folder}`);
  expect([code, err]).toEqual([2, expect.stringMatching(/there is no embedded log in it/)]);
});

const specs = topicSpecs({ users: 2, control: 1 });
const made = async (): Promise<SimulatedLog> => {
  const log = createSimulatedCluster({ now: () => 0 }).connect("one");
  await log.ensureTopics(specs);
  await writePartitioning(log, 0);
  return log;
};
const record = { topic: "sessions", key: Buffer.from("u"), value: Buffer.from("1") };

test.each([
  ["the log that is copied", (source: SimulatedLog) => source],
  ["the new log", (_: SimulatedLog, target: SimulatedLog) => target],
])("whoever writes to %s meanwhile is told of, and nobody takes the copy for whole", async (_, which) => {
  const [source, target] = [await made(), await made()];
  await source.send([record]);
  let written = false;
  const meanwhile: SimulatedLog = {
    ...source,
    async *read(...given) {
      yield* source.read(...given);
      if (written || given[0] !== "sessions") return;
      written = true;
      await which(source, target).send([record]);
    },
  };
  const options = { application: "test", newId: () => "id", onProgress: () => undefined };
  await expect(copyLog({ from: meanwhile, to: target, ...options })).rejects.toThrow(
    /somebody (has written|else writes)/,
  );
  await expect(checkPartitioning(target, "the new log")).rejects.toThrow(
    "the new log has a copy that is under way, not finished: let it end; or, when it was broken off, copy again",
  );
});
