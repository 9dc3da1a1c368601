// A world for the gateway's tests: the allocator with a campaign that gives everybody something, on an embedded log or
// wherever the shell's settings say, and gateways before it, all in this process.

import { join } from "node:path";
import { openShell, type Background, type Shell } from "../cli/shell.ts";
import { writeCampaign, writeRelease } from "../cli/small-campaign.ts";

export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

export interface Door {
  readonly address: string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  /** For a decision on a session of this id; waits long unless told otherwise. */
  decide(sessionId: string, other?: Readonly<Record<string, unknown>>): Promise<Answered>;
}

export interface World {
  readonly shell: Shell;
  allocator: Background;
  /** By a clock of its own, if it is given one. */
  gateway(options?: string, nowMs?: () => number): Promise<Door>;
  startAllocator(): Promise<void>;
  /** What `stipend tail` shows of a key. */
  rowsOf(topic: string, key: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** The plan gives half of the users nothing: asks until one has something. */
export async function given(door: Door, name: string): Promise<Record<string, unknown>> {
  for (let number = 1; ; number += 1) {
    const { body } = await door.decide(`${name} ${number}`);
    if (body["incentive"] !== null) return body;
  }
}

/** With the campaign `spring` live and its release in force. */
export async function openWorld(
  env: Record<string, string> = {},
  campaign: Readonly<Record<string, unknown>> = {},
): Promise<World> {
  const shell = openShell(env);
  const gateways: Background[] = [];
  await shell.ok("topics create");
  const world: World = {
    shell,
    rowsOf: async (topic, key) => (await shell.run(`tail ${topic} --json`)).json.filter((row) => row["key"] === key),
    allocator: shell.start("run --json"),
    async startAllocator() {
      world.allocator = shell.start("run --json");
      await world.allocator.said("joined");
    },
    async gateway(options = "", nowMs) {
      const program = shell.start(`gateway --port 0 --json ${options}`, nowMs);
      gateways.push(program);
      const { address } = JSON.parse(await program.said("listening")) as { address: string };
      return doorOf(address);
    },
    async close() {
      for (const gateway of gateways) await gateway.stop();
      await world.allocator.stop();
      shell.close();
    },
  };
  await world.allocator.said("joined");
  await shell.ok(`campaign create ${writeCampaign(shell.folder, "spring", campaign)}`);
  const { release } = writeRelease(shell.folder, "tiny");
  await shell.ok(`releases publish ${join(shell.folder, "tiny")} --campaign spring`);
  await shell.ok(`releases promote ${release.hash} --campaign spring --wait`);
  return world;
}

export function doorOf(address: string): Door {
  const ask: Door["ask"] = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${address}${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
  };
  return {
    address,
    ask,
    decide: (sessionId, other = {}) =>
      ask("POST", "/v1/decisions", {
        sessionId,
        userId: `user of ${sessionId}`,
        campaign: "spring",
        attributes: { visits: 1, vip: false },
        timeoutMs: 10_000,
        ...other,
      }),
  };
}
