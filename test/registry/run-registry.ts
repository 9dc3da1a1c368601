// The run's one schema registry. It starts when the first test asks for it and stops with the run, as the broker does.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Port that answers with where the registry is. */
    registryDesk: number;
  }
}

/** What the desk answers: one line of JSON. */
export type RegistryAnswer = { readonly url: string } | { readonly error: string };

const SCRIPT = path.resolve(import.meta.dirname, "..", "..", "bin", "registry.mjs");

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  let started: { readonly child: ChildProcess; readonly answer: Promise<RegistryAnswer> } | null = null;
  const desk = createServer((socket) => {
    socket.on("error", () => undefined);
    started ??= start();
    void started.answer.then((answer) => socket.end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => desk.listen(0, "127.0.0.1", resolve));
  project.provide("registryDesk", (desk.address() as AddressInfo).port);
  return async () => {
    desk.close();
    if (started === null || started.child.exitCode !== null) return;
    started.child.stdin?.end();
    await once(started.child, "exit");
  };
}

function start(): { readonly child: ChildProcess; readonly answer: Promise<RegistryAnswer> } {
  const child = spawn(process.execPath, [SCRIPT, "--port", "0", "--attached", "--json"], { stdio: "pipe" });
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString("utf8")));
  const ready = async (): Promise<RegistryAnswer> => {
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as RegistryAnswer;
    return { error: `no schema registry for the tests (--no-kafka leaves them out):\n${told.trim()}` };
  };
  return { child, answer: ready() };
}
