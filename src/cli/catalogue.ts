// Catalogue
// Every command by name, with the file it is in. A file is loaded only when its command is run, so that help is instant
// and a live allocator never loads what trains a release. The summaries here are what `stipend --help` lists.
//
// To add a command: write commands/<name>.ts with `export const command = defineCommand({…})` and name it here.

import type { Command } from "./command.ts";

export interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** "releases list" is the command `list` of the group `releases`. */
export const CATALOGUE: Readonly<Record<string, Entry>> = {
  day: {
    summary: "train a release, play a day of users against the allocator, and report",
    load: () => import("./commands/day.ts"),
  },
  train: {
    summary: "from a randomised log to a release",
    load: () => import("./commands/train.ts"),
  },
  run: {
    summary: "run the allocator on the log that the settings name",
    load: () => import("./commands/run.ts"),
  },
  send: {
    summary: "put JSON lines on a topic, each checked against its schema",
    load: () => import("./commands/send.ts"),
  },
  tail: {
    summary: "print a topic's records",
    load: () => import("./commands/tail.ts"),
  },
  verify: {
    summary: "prove the money from the topics alone",
    load: () => import("./commands/verify.ts"),
  },
  evaluate: {
    summary: "what releases would have been worth on a randomised log, by budget",
    load: () => import("./commands/evaluate.ts"),
  },
  score: {
    summary: "each row's cluster and arm shares under a release",
    load: () => import("./commands/score.ts"),
  },
  retrain: {
    summary: "from the training log to a candidate release",
    load: () => import("./commands/retrain.ts"),
  },
  "releases list": {
    summary: "the releases on the log, with what is in force",
    load: () => import("./commands/releases-list.ts"),
  },
  "releases show": {
    summary: "one release with its evidence",
    load: () => import("./commands/releases-show.ts"),
  },
  "releases promote": {
    summary: "put a release into force",
    load: () => import("./commands/releases-promote.ts"),
  },
  "releases rollback": {
    summary: "go back to the release that was in force before",
    load: () => import("./commands/releases-rollback.ts"),
  },
};

export const GROUPS: Readonly<Record<string, string>> = {
  releases: "list, show, promote and roll back releases",
};

/** The command that the line names, longest name first; undefined when it names none. */
export function nameIn(line: readonly string[]): string | undefined {
  return [line.slice(0, 2).join(" "), line[0] ?? ""].find((name) => Object.hasOwn(CATALOGUE, name));
}
