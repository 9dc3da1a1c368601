// A packed file gives all of its text, however many parts it was packed in; what is no part of it is refused.

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CHUNK_BYTES, compressionOf, unpacked, type Compression } from "../../../src/learn/data/log/packed.ts";
import { temporaryFolder } from "../log-files.ts";

/** Does not shrink, so that parts end inside of the blocks that are read and some are longer than one. */
const TEXT = Buffer.from(randomBytes(CHUNK_BYTES).toString("hex"));
const PACK = { gzip: gzipSync, zstd: zstdCompressSync } as const;
const SKIPPABLE = Buffer.from("5e2a4d180400000001020304", "hex");

async function textOf(bytes: Buffer, compression: Compression): Promise<Buffer> {
  const file = join(await temporaryFolder(), "packed");
  await writeFile(file, bytes);
  const parts: Buffer[] = [];
  for await (const part of unpacked(file, compression)) parts.push(part);
  return Buffer.concat(parts);
}

function inParts(compression: Compression, cuts: readonly number[], between: Buffer = Buffer.alloc(0)): Buffer {
  const ends = [...cuts, TEXT.length];
  return Buffer.concat(
    ends.flatMap((end, at) => [PACK[compression](TEXT.subarray(at === 0 ? 0 : ends[at - 1], end)), between]),
  );
}

describe.each(["gzip", "zstd"] as const)("%s", (compression) => {
  test.each([
    { what: "one part", bytes: inParts(compression, []) },
    { what: "an empty part, and two", bytes: inParts(compression, [0, 777_777]) },
    {
      what: "two hundred parts",
      bytes: inParts(
        compression,
        Array.from({ length: 199 }, (_, i) => 37 * (i + 1)),
      ),
    },
    { what: "padding between and behind", bytes: inParts(compression, [99_999], Buffer.alloc(2 * CHUNK_BYTES + 5)) },
  ])("$what: all of the text", async ({ bytes }) => {
    expect(compressionOf(bytes)).toBe(compression);
    expect((await textOf(bytes, compression)).equals(TEXT)).toBe(true);
  });

  test("what stands behind it and is no part of it is refused with its place", async () => {
    const bytes = Buffer.concat([PACK[compression](TEXT), Buffer.from("user,age\n1,2\n")]);
    await expect(textOf(bytes, compression)).rejects.toThrow(`, after ${bytes.length} bytes`);
  });

  test("a second part that was cut short is refused", async () => {
    const whole = PACK[compression](TEXT);
    await expect(textOf(Buffer.concat([whole, whole.subarray(0, -3)]), compression)).rejects.toThrow("cannot read");
  });
});

test("skippable frames of zstd say nothing, wherever they stand", async () => {
  const bytes = Buffer.concat([SKIPPABLE, inParts("zstd", [5, 500], Buffer.concat([SKIPPABLE, SKIPPABLE]))]);
  expect(compressionOf(bytes)).toBe("zstd");
  expect((await textOf(bytes, "zstd")).equals(TEXT)).toBe(true);
});
