// Own process
// This program in a process of its own, with another line. In a file by itself, so that who starts a training need not have
// what a training needs.

import { fileURLToPath } from "node:url";

export function stipend(line: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  return { command: process.execPath, args: [...process.execArgv, main, ...line] };
}
