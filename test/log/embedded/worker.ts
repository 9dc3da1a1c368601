// A process on an embedded log, for the tests that kill it. Says what it has done, a line each, on stdout.

import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { must } from "../../../src/domain/assert.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../../src/log/embedded/log.ts";
import type { OutRecord, TaskLog } from "../../../src/log/event-log.ts";
import { SPECS } from "../fixture.ts";
import { KIND, out, text, RecordingMember } from "../recording-member.ts";

const [mode, folder, argument = ""] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
/** For lines that may come faster than they are read. */
const tell = (line: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));

/** Records of the n-th commit: some on each of three partitions, one in the changelog. */
export function commitRecords(n: number): OutRecord[] {
  const records = Array.from({ length: 30 }, (_, i) => out("answers", i % 2, `k${i}`, `${n}`));
  return [...records, out("changes", 0, "count", `${n}`)];
}

async function claimZero(log: EmbeddedLog): Promise<TaskLog> {
  const told = new RecordingMember();
  await log.join(KIND, told);
  return told.claim(0);
}

async function last(task: TaskLog): Promise<number> {
  let found = 0;
  for await (const batch of task.restore(0))
    for (const record of batch) if (text(record.key) === "count") found = Number(text(record.value));
  return found;
}

/** Commits numbered transactions as fast as it can, going on where the changelog ends, until it is killed. */
async function commits(log: EmbeddedLog): Promise<void> {
  const task = await claimZero(log);
  const from = await last(task);
  say(`from ${from}`);
  for (let n = from + 1; ; n += 1) {
    await task.commit(commitRecords(n), { events: n });
    say(`done ${n}`);
  }
}

async function send(log: EmbeddedLog): Promise<void> {
  for (let i = 0; i < 400; i += 4)
    await log.send(Array.from({ length: 4 }, (_, j) => out("events", 0, argument, `${i + j}`)));
}

/** Holds the kind and, once told to, tries to commit. */
async function hold(log: EmbeddedLog): Promise<void> {
  const task = await claimZero(log);
  say("holding");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  await task.commit([out("answers", 0, "k", "held")], {}).then(
    () => say("committed"),
    (error: unknown) => say(error instanceof Error ? error.name : "?"),
  );
}

/** Sends until the disk is full; then tries to send a little, and to read. */
async function fill(log: EmbeddedLog): Promise<void> {
  let sent = 0;
  try {
    for (;;) {
      await log.send(Array.from({ length: 20 }, () => out("events", 0, "k", "x".repeat(9_000))));
      sent += 20;
    }
  } catch (error) {
    say(`sent ${sent}`);
    say(error instanceof Error ? `${error.name}: ${error.message}` : "?");
  }
  let read = 0;
  for await (const batch of log.read("events", 0, 0)) read += batch.length;
  say(`read ${read}`);
}

/** Sends numbered records, some at once, until it is told to end; says how many were acknowledged. */
async function sendOn(log: EmbeddedLog): Promise<void> {
  let over = false;
  process.stdin.once("data", () => (over = true));
  for (let sent = 0; !over;) {
    const records = Array.from({ length: 1 + (sent % 7) }, (_, j) => out("events", 0, argument, `${sent + j}`));
    await log.send(records);
    sent += records.length;
    await tell(`sent ${sent}`);
  }
}

/** Answers each event once, from where whoever ran before has come to, until it is told to end and nothing is left. */
async function answer(log: EmbeddedLog): Promise<void> {
  let over = false;
  process.stdin.once("data", () => (over = true));
  const task = await claimZero(log);
  let events = await last(task);
  await task.seek({ events });
  say("ready");
  for (;;) {
    const batch = await task.poll({ maxRecords: 200, maxWaitMs: 100 });
    if (batch.length === 0 && over) return;
    if (batch.length === 0) continue;
    events = must(batch.at(-1), "record").offset + 1;
    const answers = batch.map((record) => out("answers", 0, text(record.key), text(record.value)));
    await task.commit([...answers, out("changes", 0, "count", `${events}`)], { events });
  }
}

/** More than a checkpoint waits for. */
async function sendMuch(log: EmbeddedLog): Promise<void> {
  const records = Array.from({ length: 100 }, () => out("events", 0, "k", "x".repeat(9_000)));
  for (let i = 0; i < 60; i += 1) await log.send(records);
}

const modes: Record<string, (log: EmbeddedLog) => Promise<void>> = {
  commits,
  answer,
  send,
  hold,
  fill,
  sendOn,
  sendMuch,
};
const open = (at: string): Promise<EmbeddedLog> =>
  openEmbeddedLog({ folder: at, now: () => Date.now(), newToken: randomUUID });

/** Opens the folder, reads, and closes it, as fast as it can, until it is killed. */
async function opens(at: string): Promise<void> {
  for (let opened = 1; ; opened += 1) {
    const log = await open(at);
    await log.ranges("events");
    await log.close();
    await tell(`opened ${opened}`);
  }
}

/** Opens the folder, which nobody has made yet, and makes topics, until it is killed. */
async function makes(at: string): Promise<void> {
  try {
    const log = await open(at);
    await log.ensureTopics(SPECS);
    say("made");
    await new Promise((resolve) => process.stdin.once("data", resolve));
  } catch (error) {
    say(String(error));
  }
}

/** Takes the lock to write and keeps it. */
function locks(at: string): void {
  const db = new DatabaseSync(join(at, "log.sqlite"));
  db.exec("BEGIN IMMEDIATE");
  say("locked");
  setInterval(() => db.isOpen, 1_000);
}

if (mode === "locks") locks(must(folder, "folder"));
else if (mode === "makes") await makes(must(folder, "folder"));
else if (mode === "opens") await opens(must(folder, "folder"));
else if (mode !== undefined && folder !== undefined) {
  const log = await open(folder);
  try {
    await must(modes[mode], `mode ${mode}`)(log);
    await log.close();
  } catch (error) {
    say(error instanceof Error ? `${error.name}: ${error.message}` : "?");
    process.exitCode = 3;
  }
  process.stdin.destroy();
}
