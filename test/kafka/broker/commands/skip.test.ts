// `stipend dead-letters skip` against a record that really stops a task, on a real broker.

import { afterAll, test } from "vitest";
import { openShell } from "../../../cli/shell.ts";
import { skips } from "../../../procedures/skip.ts";
import { deleteTopics } from "../../delete-topics.ts";
import { theBroker } from "../../the-broker.ts";

const prefix = `skip${process.pid}.`;
afterAll(() => deleteTopics(prefix));

test("a record that stops its task at each start is passed over by hand, and the next one is decided", async () => {
  const { brokers } = await theBroker();
  const shell = openShell({ KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: prefix, KAFKA_SESSION_TIMEOUT_MS: "6000" });
  await skips(shell);
  shell.close();
}, 240_000);
