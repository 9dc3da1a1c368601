// A small house that runs: the allocator and the console on an embedded log, a campaign with a release in force, users who come.
// Everything goes through whole command lines.

import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCampaign, writeRelease } from "../cli/small-campaign.ts";
import { openShell, type Background, type Shell } from "../cli/shell.ts";

export const TOKEN = "a-token-that-may-command";

export interface LiveHouse {
  readonly shell: Shell;
  readonly address: string;
  /** Sessions of new users of the campaign; resolves when all are decided. */
  visit(campaign: string, count: number): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions {
  /** Whether the console takes commands. */
  readonly commands?: boolean;
  readonly env?: Record<string, string>;
}

export async function openLiveHouse({ commands = false, env = {} }: HouseOptions = {}): Promise<LiveHouse> {
  const shell = openShell(env);
  const tokens = join(shell.folder, "tokens");
  writeFileSync(tokens, `ana read,command ${TOKEN}\nben read a-token-that-only-reads\n`);
  await shell.ok("topics create");
  const allocator = shell.start("run --json");
  await allocator.said("joined");
  const running: Background[] = [allocator];
  await makeCampaign(shell, "spring", {
    pacing: { mode: "even", expectedSessions: 2_000 },
    explorationShare: 0.1,
    holdoutShare: 0.1,
  });
  const opened = shell.start(`console --port 0 ${commands ? `--commands --tokens ${tokens}` : ""} --json`);
  running.push(opened);
  const { address } = JSON.parse(await opened.said("address")) as { address: string };
  let decided = 0;
  return {
    shell,
    address,
    async visit(campaign, count) {
      decided += count;
      await shell.ok("send sessions", sessionLines(campaign, count));
      await shell.until("tail decisions --json", ({ json }) => json.length >= decided);
    },
    async close() {
      for (const each of running.toReversed()) await each.stop();
      shell.close();
    },
  };
}

export async function makeCampaign(shell: Shell, id: string, other: Readonly<Record<string, unknown>>): Promise<void> {
  const { folder, release } = writeRelease(shell.folder, `release-of-${id}`);
  await shell.ok(`campaign create ${writeCampaign(shell.folder, id, other)} --wait`);
  await shell.ok(`releases publish ${folder} --campaign ${id}`);
  await shell.ok(`releases promote ${release.hash} --campaign ${id} --wait`);
}

function sessionLines(campaign: string, count: number): string {
  const nowMs = Date.now();
  return Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      sessionId: randomUUID(),
      userId: `user-${campaign}-${number}`,
      atMs: nowMs - (number % 10) * 1_000,
      surface: null,
      campaign,
      attributes: { visits: number % 7, vip: number % 2 === 0 },
    }),
  ).join("\n");
}
