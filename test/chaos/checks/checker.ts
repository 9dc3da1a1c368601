// Checker
// What came of a chaos run, from the topics alone, as Kafka's own Java consumer reads them (read_committed). It shares no
// code with the allocator: Avro by the schema files and avsc, and sums of its own.
//
// Invariants: of the allocator, checked here.
//   1. Every session that was sent has exactly one decision.
//   2. Every hold ends at most once, in amounts that add up to its face value.
//   3. What is spent and held is within the budget, at the end and at every moment (timeline.ts).

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import avsc from "avsc";
import { timelineOf, type Event, type Timeline } from "./timeline.ts";

const SCHEMAS = path.join(import.meta.dirname, "..", "..", "..", "schemas");
const FOREIGN = path.join(import.meta.dirname, "..", "..", "kafka", "Foreign.java");
const TOPICS = ["decisions", "settlements", "grants", "shard-reports", "budget-status"];
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
  const books = new Books();
  for await (const line of dump(of)) books.take(line);
  return books.found(of);
}

/** What has been read, added up; the topics come in any order. */
class Books {
  readonly #decisions = new Map<string, number>();
  /** By reservation: the face values that were held, and the rows that ended them. */
  readonly #held = new Map<string, number>();
  readonly #ended: SettlementRow[] = [];
  readonly #events: Event[] = [];
  /** By revision: when it was said first to be applied everywhere. */
  readonly #applied = new Map<number, number>();
  #rows = 0;
  #spentMinor = 0;

  take({ topic, partition, row }: Line): void {
    switch (topic) {
      case "decisions":
        return this.#decision(partition, row as DecisionRow);
      case "settlements":
        return this.#settlement(partition, row as SettlementRow);
      case "grants":
        return this.#grant(row as GrantRow);
      case "shard-reports":
        return this.#report(row as ReportRow);
      case "budget-status":
        for (const { outcome, revision, atMs } of (row as StatusRow).answers)
          if (outcome === "applied") this.#applied.set(revision, atMs);
    }
  }

  #decision(shard: number, row: DecisionRow): void {
    this.#rows += 1;
    this.#decisions.set(row.sessionId, (this.#decisions.get(row.sessionId) ?? 0) + 1);
    if (row.reservationId === null) return;
    // Each decision of its own: one that is there twice has taken the money twice.
    this.#held.set(row.reservationId, (this.#held.get(row.reservationId) ?? 0) + row.faceMinor);
    this.#spentMinor += row.sendMinor;
    this.#events.push({ kind: "taken", atMs: row.decidedAtMs, shard, minor: row.reservedMinor, id: row.sessionId });
  }

  #settlement(shard: number, row: SettlementRow): void {
    if (row.status === "late") return;
    this.#ended.push(row);
    this.#spentMinor += row.amountMinor;
    this.#events.push({ kind: "ended", atMs: row.atMs, shard, backMinor: row.releasedMinor });
  }

  #grant({ atMs, shard, revision, campaign, grantedMinor }: GrantRow): void {
    const { budgetMinor } = campaign;
    this.#events.push({ kind: "grant", atMs, shard, revision, budgetMinor, grantedMinor: grantedMinor.plan });
  }

  #report({ atMs, shard, totals }: ReportRow): void {
    this.#events.push({ kind: "report", atMs, shard, returnedMinor: totals.plan.returned });
  }

  found({ sessions, budgetMinor }: CheckOf): Checked {
    const unsound: string[] = [];
    for (const { reservationId, status, amountMinor, releasedMinor } of this.#ended) {
      const face = this.#held.get(reservationId);
      const ended = amountMinor + releasedMinor;
      if (face === undefined || face !== ended) unsound.push(`${reservationId}: ${status} ${ended} of ${face}`);
      this.#held.delete(reservationId);
    }
    const heldMinor = [...this.#held.values()].reduce((sum, face) => sum + face, 0);
    const known = new Set(sessions);
    const applied = [...this.#applied].map(([revision, atMs]): Event => ({ kind: "applied", atMs, revision }));
    return {
      decisions: this.#rows,
      missing: sessions.filter((id) => !this.#decisions.has(id)),
      doubled: [...this.#decisions].filter(([id, count]) => count > 1 || !known.has(id)).map(([id]) => id),
      unsound,
      spentMinor: this.#spentMinor,
      heldMinor,
      overspendMinor: Math.max(0, this.#spentMinor + heldMinor - budgetMinor),
      timeline: timelineOf([...this.#events, ...applied]),
    };
  }
}

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly row: unknown;
}

async function* dump({ brokers, prefix, jars }: CheckOf): AsyncGenerator<Line> {
  const types = new Map(TOPICS.map((topic) => [topic, typeOf(topic)]));
  const args = [
    "-Xmx256m",
    "-cp",
    path.join(jars, "*"),
    FOREIGN,
    "dump",
    brokers,
    ...TOPICS.map((topic) => prefix + topic),
  ];
  const java = spawn("java", args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  java.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2_000)));
  const ended = new Promise<number | null>((resolve) => java.once("close", resolve));
  for await (const line of createInterface({ input: java.stdout })) {
    const [name = "", partition, value = ""] = line.split(" ");
    const topic = name.slice(prefix.length);
    const row: unknown = types.get(topic)?.fromBuffer(Buffer.from(value, "base64").subarray(HEADER_BYTES));
    yield { topic, partition: Number(partition), row };
  }
  if ((await ended) !== 0) throw new Error(`the Java consumer could not read: ${said}`);
}

function typeOf(topic: string): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(readFileSync(path.join(SCHEMAS, `${topic}.avsc`), "utf8")) as avsc.Schema);
}
