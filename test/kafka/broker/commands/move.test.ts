// From the embedded log to a real broker: `stipend log copy`, and a campaign that goes on there where it was.

import { join } from "node:path";
import { afterAll, test } from "vitest";
import { openShell } from "../../../cli/shell.ts";
import { moves } from "../../../procedures/move.ts";
import { deleteTopics } from "../../delete-topics.ts";
import { theBroker } from "../../the-broker.ts";

const prefix = `move${process.pid}.`;
const from = openShell();
const state = join(from.folder, "state");
Object.assign(from.env, { STIPEND_STATE_DIR: state });

afterAll(async () => {
  await deleteTopics(prefix);
  from.close();
});

test("a campaign goes on where it was: users, holds, chances, money and what nobody has read yet", async () => {
  const { brokers } = await theBroker();
  const settings = { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: prefix, KAFKA_SESSION_TIMEOUT_MS: "6000" };
  const to = openShell({ ...settings, STIPEND_STATE_DIR: state });
  await moves(from, to);
  to.close();
}, 240_000);
