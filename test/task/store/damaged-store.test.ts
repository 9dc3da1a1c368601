// A store whose file is damaged on disk: whatever LMDB makes of it, an error or the end of the process, after a few starts
// it has been thrown away, that was said, and the task has a store again, which the changelog fills.

import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/domain/random.ts";

const WORKER = fileURLToPath(new URL("damaged-worker.ts", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "stipend-damaged-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Start {
  readonly ended: number | string;
  readonly out: string;
}

async function start(folder: string, ...args: readonly string[]): Promise<Start> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [WORKER, folder, ...args]);
    return { ended: 0, out: stdout };
  } catch (error) {
    const { code, signal, stdout } = error as { code: number | null; signal: string | null; stdout: string };
    return { ended: signal ?? code ?? -1, out: stdout };
  }
}

const seed = 11;
const DAMAGES: Record<string, (file: string) => void> = {
  "of a size of nothing": (file) => truncateSync(file, 0),
  "that was cut off": (file) => truncateSync(file, 40_000),
  "that is of something else": (file) => writeFileSync(file, Buffer.alloc(100_000, "text")),
  "with pages overwritten": (file) => {
    const random = seededRandom(seed);
    const bytes = Buffer.from(Array.from({ length: 4_096 }, () => random.below(256)));
    const handle = openSync(file, "r+");
    for (let at = 2 * 4_096; at < statSync(file).size; at += 2 * 4_096) writeSync(handle, bytes, 0, 4_096, at);
    closeSync(handle);
  },
  "with pages of zeros": (file) => {
    const handle = openSync(file, "r+");
    for (let at = 3 * 4_096; at < statSync(file).size; at += 2 * 4_096)
      writeSync(handle, Buffer.alloc(4_096), 0, 4_096, at);
    closeSync(handle);
  },
};

describe("a store whose file is damaged", () => {
  test.each(Object.keys(DAMAGES))("%s is thrown away, said, and begun anew", async (name) => {
    const folder = join(root, name.replaceAll(" ", "-"));
    expect(await start(folder, "write")).toEqual({ ended: 0, out: "" });
    expect((await start(folder)).out).toMatch(/^read [1-9]/);
    DAMAGES[name]?.(join(folder, "0", "data.mdb"));
    const starts: Start[] = [];
    do starts.push(await start(folder));
    while (starts.at(-1)?.ended !== 0 && starts.length < 6);
    const last = starts.at(-1);
    const all = starts.map(({ out }) => out).join("");
    expect(last, `seed ${seed}: ${JSON.stringify(starts)}`).toMatchObject({ ended: 0 });
    expect(starts.length).toBeLessThanOrEqual(4);
    // Of an empty file nobody can tell that there was more in it: it is a store that was lost, and filled as such.
    if (!/^read [1-9]\d*\n$/.test(all) && name !== "of a size of nothing")
      expect(all).toMatch(/local store .* is thrown away and restored from the changelog: .+/);
  });

  test("of a sound file is never thrown away, also when its process was killed twice", async () => {
    const folder = join(root, "sound");
    await start(folder, "write");
    writeFileSync(join(folder, "0", "unclosed"), "2");
    expect((await start(folder)).out).toMatch(/^read [1-9]\d*\n$/);
  });
});
