// Runs test/kafka/Foreign.java on the broker's own jars.

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const SOURCE = path.join(import.meta.dirname, "Foreign.java");

export async function foreign(jars: string, ...args: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)("java", ["-Xmx128m", "-cp", path.join(jars, "*"), SOURCE, ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split("\n").filter((line) => line !== "");
}
