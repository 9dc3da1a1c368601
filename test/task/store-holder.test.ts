import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { holdStores } from "../../src/task/store-holder.ts";

const folder = mkdtempSync(join(tmpdir(), "stipend-holder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a folder of copies is one living process's, and free again when that one is gone, however it went", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"]);
  const pid = must(other.pid, "a process id");
  expect(await holdStores(folder, pid)).toBeNull();
  expect(await holdStores(folder, process.pid)).toBe(pid);
  expect(await holdStores(folder, pid), "its own again").toBeNull();
  other.kill("SIGKILL");
  await once(other, "exit");
  expect(await holdStores(folder, process.pid)).toBeNull();
  expect(await holdStores(folder, process.pid)).toBeNull();
});
