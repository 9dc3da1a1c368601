// Catalogue
// Every command by name, with the file it is in. A file is loaded only when its command is run, so that help is instant
// and a live allocator never loads what trains a release. The summaries here are what `stipend --help` lists.

import type { Command } from "./command.ts";

export interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/**
 * "releases list" is the command `list` of the group `releases`. To add a command: write commands/<group>/<name>.ts with
 * `export const command = defineCommand({…})` and name it here.
 */
export const CATALOGUE: Readonly<Record<string, Entry>> = {
  day: {
    summary: "train a release, play a day of users against the allocator, and report",
    load: () => import("./commands/learning/day.ts"),
  },
  dev: {
    summary: "everything in one process with a sample campaign: to try it, and to build against it",
    load: () => import("./commands/programs/dev.ts"),
  },
  train: {
    summary: "from a randomised log to a release",
    load: () => import("./commands/learning/train.ts"),
  },
  check: {
    summary: "whether a randomised log can be learned from, and is enough",
    load: () => import("./commands/learning/check.ts"),
  },
  run: {
    summary: "run the allocator on the log that the settings name",
    load: () => import("./commands/programs/run.ts"),
  },
  gateway: {
    summary: "decisions over HTTP, for applications without a client of the log",
    load: () => import("./commands/programs/gateway.ts"),
  },
  console: {
    summary: "a page for people: campaigns, their money, changes, users and health, live",
    load: () => import("./commands/programs/console.ts"),
  },
  send: {
    summary: "put JSON lines on a topic, each checked against its schema",
    load: () => import("./commands/records/send.ts"),
  },
  tail: {
    summary: "print a topic's records",
    load: () => import("./commands/records/tail.ts"),
  },
  verify: {
    summary: "prove the money from the topics alone",
    load: () => import("./commands/records/verify.ts"),
  },
  evaluate: {
    summary: "what releases would have been worth on a randomised log, by budget",
    load: () => import("./commands/learning/evaluate.ts"),
  },
  score: {
    summary: "each row's cluster and arm shares under a release",
    load: () => import("./commands/learning/score.ts"),
  },
  retrain: {
    summary: "from the training log to a candidate release",
    load: () => import("./commands/learning/retrain.ts"),
  },
  "releases list": {
    summary: "the releases on the log, with what is in force",
    load: () => import("./commands/releases/list.ts"),
  },
  "releases show": {
    summary: "one release with its evidence",
    load: () => import("./commands/releases/show.ts"),
  },
  "releases publish": {
    summary: "put a release folder on the log, as a candidate",
    load: () => import("./commands/releases/publish.ts"),
  },
  "releases promote": {
    summary: "put a release into force",
    load: () => import("./commands/releases/promote.ts"),
  },
  "releases rollback": {
    summary: "go back to the release that was in force before",
    load: () => import("./commands/releases/rollback.ts"),
  },
  "campaign draft": {
    summary: "write a campaign's file from a release and a budget",
    load: () => import("./commands/campaign/draft.ts"),
  },
  "campaign create": {
    summary: "create campaigns from files",
    load: () => import("./commands/campaign/create.ts"),
  },
  "topics create": {
    summary: "make the topics that are missing",
    load: () => import("./commands/topics/create.ts"),
  },
  "topics check": {
    summary: "compare the log's topics with what is needed",
    load: () => import("./commands/topics/check.ts"),
  },
  "log backup": {
    summary: "copy the embedded log to a file, while it is in use",
    load: () => import("./commands/log/backup.ts"),
  },
  "log restore": {
    summary: "make a new embedded log of a backup",
    load: () => import("./commands/log/restore.ts"),
  },
  "log copy": {
    summary: "move an embedded log to Kafka, with all that it knows",
    load: () => import("./commands/log/copy.ts"),
  },
  "dead-letters list": {
    summary: "the records that could not be used, with the reason",
    load: () => import("./commands/dead-letters/list.ts"),
  },
  "dead-letters redrive": {
    summary: "send records that could not be used once more to their topic",
    load: () => import("./commands/dead-letters/redrive.ts"),
  },
  "dead-letters skip": {
    summary: "pass over one record that an allocator cannot get past",
    load: () => import("./commands/dead-letters/skip.ts"),
  },
  replay: {
    summary: "decide the recorded sessions again, as they were or with one thing changed",
    load: () => import("./commands/learning/replay.ts"),
  },
  "pacing set-budget": {
    summary: "set the budget of a campaign's plan",
    load: () => import("./commands/pacing/set-budget.ts"),
  },
  "pacing pause": {
    summary: "stop giving incentives of a campaign, for now",
    load: () => import("./commands/pacing/pause.ts"),
  },
  "pacing resume": {
    summary: "go on with a paused campaign",
    load: () => import("./commands/pacing/resume.ts"),
  },
  "pacing clear-alarm": {
    summary: "go on with a campaign that an alarm on its money has paused",
    load: () => import("./commands/pacing/clear-alarm.ts"),
  },
  "pacing end": {
    summary: "end a campaign for good",
    load: () => import("./commands/pacing/end.ts"),
  },
  "pacing curve": {
    summary: "set the curve that a campaign's budget follows",
    load: () => import("./commands/pacing/curve.ts"),
  },
  "pacing exploration": {
    summary: "set a campaign's exploration share and its budget",
    load: () => import("./commands/pacing/exploration.ts"),
  },
  "pacing caps": {
    summary: "set how many incentives of a campaign a user may get",
    load: () => import("./commands/pacing/caps.ts"),
  },
  "pacing pin-release": {
    summary: "put a release in force and keep it there, or unpin it",
    load: () => import("./commands/pacing/pin-release.ts"),
  },
  "pacing status": {
    summary: "where each campaign's money is, and where it is going",
    load: () => import("./commands/pacing/status.ts"),
  },
  "users erase": {
    summary: "forget a user: profile, memory and earlier rows",
    load: () => import("./commands/users/erase.ts"),
  },
};

export const GROUPS: Readonly<Record<string, string>> = {
  pacing: "steer a campaign's budget while it runs, and see where it is",
  releases: "list, show, publish, promote and roll back releases",
  campaign: "draft and create campaigns",
  topics: "make and check the log's topics",
  log: "back the embedded log up, restore it, and move it to Kafka",
  users: "forget users",
  "dead-letters": "look at records that could not be used, and send them again",
};

/** The command that the line names, longest name first; undefined when it names none. */
export function nameIn(line: readonly string[]): string | undefined {
  return [line.slice(0, 2).join(" "), line[0] ?? ""].find((name) => Object.hasOwn(CATALOGUE, name));
}
