// The files of the project, by their paths from its root.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** What is made or fetched, and not part of the project (.gitignore). */
const MADE = [".git", "node_modules", ".node", ".stipend", ".tfjs", ".kafka", "coverage", "data", "out"];

export const files: readonly string[] = readdirSync(ROOT, { withFileTypes: true })
  .filter(({ name }) => !MADE.includes(name))
  .flatMap((entry) => (entry.isDirectory() ? filesBelow(entry.name) : [entry.name]));

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}
