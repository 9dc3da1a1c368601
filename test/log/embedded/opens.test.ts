// The embedded log while many processes use it at once, open and close it, and are stopped and killed at any moment.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../../src/log/embedded/log.ts";
import { readAll } from "../reading.ts";
import { SPECS } from "../fixture.ts";
import { text } from "../recording-member.ts";
import { WorkerProcess } from "./worker-process.ts";

const STORM_MS = 20_000;
const SENDERS = 4;
const OPENERS = 3;

let folder: string;
const living = new Set<WorkerProcess>();

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "stipend-log-"))));
afterEach(async () => {
  for (const worker of living) await worker.kill();
  rmSync(folder, { recursive: true });
});

const openLog = (): Promise<EmbeddedLog> => openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID });

/** One place in the storm: whoever has it is followed by another one when it is killed. */
class Place {
  readonly mode: string;
  readonly name: string;
  /** All that have had it, the living one last; each has its own name. */
  readonly workers: WorkerProcess[] = [];
  #resume: NodeJS.Timeout | undefined;

  constructor(mode: string, name: string) {
    this.mode = mode;
    this.name = name;
    this.start();
  }

  nameOf(index: number): string {
    return `${this.name}.${index}`;
  }

  start(): void {
    const worker = WorkerProcess.of(this.mode, folder, this.nameOf(this.workers.length));
    living.add(worker);
    this.workers.push(worker);
  }

  get worker(): WorkerProcess {
    return must(this.workers.at(-1), "worker");
  }

  stop(ms: number): void {
    clearTimeout(this.#resume);
    const { child } = this.worker;
    child.kill("SIGSTOP");
    this.#resume = setTimeout(() => child.kill("SIGCONT"), ms);
  }

  async replace(): Promise<void> {
    clearTimeout(this.#resume);
    await this.worker.kill();
    living.delete(this.worker);
    this.start();
  }

  /** Lets it end by itself, or ends it when it never does. */
  async finish(): Promise<void> {
    clearTimeout(this.#resume);
    this.worker.child.kill("SIGCONT");
    if (this.mode === "opens") this.worker.child.kill("SIGKILL");
    else this.worker.child.stdin.write("end\n");
    await this.worker.ended();
    living.delete(this.worker);
  }
}

it("every acknowledged record is there once, in its sender's order, whoever opens, stops and is killed", async () => {
  const log = await openLog();
  await log.ensureTopics(SPECS);
  await log.close();
  const seed = "storm 1";
  const random = seededRandom(seed);
  const senders = Array.from({ length: SENDERS }, (_, i) => new Place("sendOn", `sender-${i}`));
  const runner = new Place("answer", "runner");
  const openers = Array.from({ length: OPENERS }, (_, i) => new Place("opens", `opener-${i}`));
  const places = [...senders, runner, ...openers];
  for (const until = Date.now() + STORM_MS; Date.now() < until;) {
    await sleep(5 + random.below(50));
    // Openers more than others: one that is stopped within its opening has an old picture of the folder when it goes on.
    const group = random.below(2) === 0 ? openers : places;
    const place = must(group[random.below(group.length)], "place");
    if (random.below(16) === 0) await place.replace();
    else place.stop(1 + random.below(100));
  }
  for (const place of [...openers, ...senders, runner]) await place.finish();

  const all = places.flatMap((place) => place.workers.map((worker, i) => ({ name: place.nameOf(i), worker })));
  const after = await openLog();
  const events = await readAll(after, "events", 0);
  const answers = await readAll(after, "answers", 0);
  await after.close();
  const faults: string[] = [];
  for (const { name, worker } of all) {
    for (const line of worker.lines) if (/rror|Fenced|stderr/.test(line)) faults.push(`${name} says: ${line}`);
    const found = events.filter((record) => text(record.key) === name).map((record) => Number(text(record.value)));
    const wrong = found.findIndex((value, i) => value !== i);
    if (wrong >= 0) faults.push(`${name}: record ${found[wrong]} is where ${wrong} should be`);
    const acknowledged = worker.last("sent ");
    if (found.length < acknowledged) faults.push(`${name}: ${acknowledged - found.length} of ${acknowledged} are lost`);
  }
  expect(faults, seed).toEqual([]);
  const named = (record: LogRecord): string => `${text(record.key)} ${text(record.value)}`;
  expect(answers.map(named), seed).toEqual(events.map(named));
  // All of them worked, and some met with a death.
  const opened = openers.flatMap((place) => place.workers.map((worker) => worker.last("opened ")));
  expect(opened.reduce((sum, times) => sum + times, 0)).toBeGreaterThan(100);
  expect(events.length).toBeGreaterThan(1_000);
  expect(all.length).toBeGreaterThan(places.length);
}, 120_000);
