// Checker
// What came of a chaos run, from the topics alone, as Kafka's own Java consumer reads them (read_committed). It shares no
// code with the allocator: Avro by the schema files and avsc, and sums of its own.
//
//   Every session that was sent has exactly one decision.
//   Every hold ends at most once, in amounts that add up to its face value.
//   What is spent and held is within the budget, at the end and at every moment (timeline.ts).

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import avsc from "avsc";
import { timelineOf, type Event, type Timeline } from "./timeline.ts";

const SCHEMAS = path.join(import.meta.dirname, "..", "..", "schemas");
const FOREIGN = path.join(import.meta.dirname, "..", "kafka", "Foreign.java");
/** Avro's single-object marker and the schema's fingerprint. */
const HEADER_BYTES = 10;

export interface Checked {
  readonly decisions: number;
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
  /** Holds that end more than once, or in other amounts than they began with. */
  readonly unsound: readonly string[];
  readonly spentMinor: number;
  readonly heldMinor: number;
  readonly overspendMinor: number;
  readonly timeline: Timeline;
}

export interface CheckOf {
  readonly brokers: string;
  readonly prefix: string;
  readonly jars: string;
  readonly sessions: readonly string[];
  /** At the end. */
  readonly budgetMinor: number;
}

interface DecisionRow {
  readonly sessionId: string;
  readonly decidedAtMs: number;
  readonly reservationId: string | null;
  readonly reservedMinor: number;
  readonly faceMinor: number;
  readonly sendMinor: number;
}

interface SettlementRow {
  readonly reservationId: string;
  readonly status: string;
  readonly amountMinor: number;
  readonly releasedMinor: number;
  readonly atMs: number;
}

interface GrantRow {
  readonly campaign: { readonly budgetMinor: number };
  readonly shard: number;
  readonly atMs: number;
  readonly revision: number;
  readonly grantedMinor: { readonly plan: number };
}

interface ReportRow {
  readonly shard: number;
  readonly atMs: number;
  readonly totals: { readonly plan: { readonly returned: number } };
}

interface StatusRow {
  readonly answers: readonly { readonly outcome: string; readonly revision: number; readonly atMs: number }[];
}

export async function check(of: CheckOf): Promise<Checked> {
  const times = new Map<string, number>();
  const held = new Map<string, number>();
  const unsound: string[] = [];
  const events: Event[] = [];
  let decisions = 0;
  let spentMinor = 0;
  for await (const { partition: shard, row } of rows<DecisionRow>(of, "decisions")) {
    decisions += 1;
    times.set(row.sessionId, (times.get(row.sessionId) ?? 0) + 1);
    if (row.reservationId === null) continue;
    // Each decision of its own: one that is there twice has taken the money twice.
    held.set(row.reservationId, (held.get(row.reservationId) ?? 0) + row.faceMinor);
    spentMinor += row.sendMinor;
    events.push({ kind: "taken", atMs: row.decidedAtMs, shard, minor: row.reservedMinor, id: row.sessionId });
  }
  for await (const { partition: shard, row } of rows<SettlementRow>(of, "settlements")) {
    if (row.status === "late") continue;
    const face = held.get(row.reservationId);
    const ended = row.amountMinor + row.releasedMinor;
    if (face === undefined || face !== ended) unsound.push(`${row.reservationId}: ${row.status} ${ended} of ${face}`);
    held.delete(row.reservationId);
    spentMinor += row.amountMinor;
    events.push({ kind: "ended", atMs: row.atMs, shard, backMinor: row.releasedMinor });
  }
  events.push(...(await controlEvents(of)));
  const heldMinor = [...held.values()].reduce((sum, face) => sum + face, 0);
  const known = new Set(of.sessions);
  return {
    decisions,
    missing: of.sessions.filter((id) => !times.has(id)),
    doubled: [...times].filter(([id, count]) => count > 1 || !known.has(id)).map(([id]) => id),
    unsound,
    spentMinor,
    heldMinor,
    overspendMinor: Math.max(0, spentMinor + heldMinor - of.budgetMinor),
    timeline: timelineOf(events),
  };
}

async function controlEvents(of: CheckOf): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { row } of rows<GrantRow>(of, "grants"))
    events.push({
      kind: "grant",
      atMs: row.atMs,
      shard: row.shard,
      revision: row.revision,
      budgetMinor: row.campaign.budgetMinor,
      grantedMinor: row.grantedMinor.plan,
    });
  for await (const { row } of rows<ReportRow>(of, "shard-reports"))
    events.push({ kind: "report", atMs: row.atMs, shard: row.shard, returnedMinor: row.totals.plan.returned });
  const applied = new Map<number, number>();
  for await (const { row } of rows<StatusRow>(of, "budget-status"))
    for (const answer of row.answers) if (answer.outcome === "applied") applied.set(answer.revision, answer.atMs);
  for (const [revision, atMs] of applied) events.push({ kind: "applied", atMs, revision });
  return events;
}

async function* rows<T>(
  { brokers, prefix, jars }: CheckOf,
  topic: string,
): AsyncGenerator<{ readonly partition: number; readonly row: T }> {
  const schema: unknown = JSON.parse(readFileSync(path.join(SCHEMAS, `${topic}.avsc`), "utf8"));
  const type = avsc.Type.forSchema(schema as avsc.Schema);
  const classpath = path.join(jars, "*");
  const java = spawn("java", ["-Xmx256m", "-cp", classpath, FOREIGN, "dump", brokers, prefix + topic], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  java.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2_000)));
  const ended = new Promise<number | null>((resolve) => java.once("close", resolve));
  for await (const line of createInterface({ input: java.stdout })) {
    const [partition, value = ""] = line.split(" ");
    yield {
      partition: Number(partition),
      row: type.fromBuffer(Buffer.from(value, "base64").subarray(HEADER_BYTES)) as T,
    };
  }
  if ((await ended) !== 0) throw new Error(`the Java consumer could not read ${topic}: ${said}`);
}
