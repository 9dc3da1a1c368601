// `stipend dead-letters skip` against a record that really stops a task, on the embedded log; test/kafka/broker/commands/skip.test.ts
// does the same on a broker.

import { test } from "vitest";
import { openShell } from "../cli/shell.ts";
import { skips } from "./skip.ts";

test("a record that stops its task at each start is passed over by hand, and the next one is decided", async () => {
  const shell = openShell();
  await skips(shell);
  shell.close();
}, 120_000);
