// What a program that runs with STIPEND_HTTP answers.

import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "../cli/programs/program-process.ts";

/** /readyz or /metrics, asked until it says so. */
export async function answered(program: Program, path: string, says: RegExp): Promise<string> {
  await program.said('"event":"http"');
  const [, address] = /"event":"http","address":"([^"]+)"/.exec(program.out) ?? [];
  for (;;) {
    const text = await fetch(`${address}${path}`).then((response) => response.text());
    if (says.test(text)) return text;
    if (program.child.exitCode !== null) throw new Error(`ended with ${program.child.exitCode}: ${program.err}`);
    await sleep(100);
  }
}
