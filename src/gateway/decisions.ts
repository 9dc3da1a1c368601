// Decisions
// A request for a decision, from its session to its answer: the session is written once, and the answer is taken from
// `decisions` or `dead-letters` as they are followed. An id that was seen is never written again with other content: it gets
// the decision that it had.

import { hash } from "node:crypto";
import { canonicalJson } from "../domain/canonical.ts";
import type { Decision } from "../domain/decision/decision.ts";
import { decisionIdOf } from "../domain/ids.ts";
import type { Session } from "../domain/session/session.ts";
import { Problem } from "../http/problem.ts";
import { codecFor, decodedOrNull } from "../log/codec/codec.ts";
import { toJson } from "../log/codec/json.ts";
import { recordOf } from "../log/codec/sending.ts";
import type { OutRecord } from "../log/event-log.ts";
import { partitionOf, type Placement } from "../log/partitioner.ts";
import { decidedOf, type Decided } from "./contract.ts";
import { KnownSessions, type Content, type End, type Known } from "./known.ts";
import type { PublishedSession } from "./recorded.ts";
import type { SessionWriter } from "./writer.ts";

export interface DecisionsOptions {
  readonly placement: Placement;
  readonly writer: SessionWriter;
  readonly recorded: PublishedSession;
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  /** How many requests may wait at a time. */
  readonly mostInFlight: number;
}

export interface DecisionRequest {
  readonly session: Session;
  /** The time is the client's own, and so a part of what the session says. */
  readonly isTimeGiven: boolean;
  readonly timeoutMs: number;
}

interface Asked extends DecisionRequest {
  readonly digest: string;
}

/** For so long, and so many, are known without reading the log. */
const KNOWN_MS = 600_000;
const MOST_KNOWN = 100_000;
/** A session that has waited for longer may be one that was decided before it was known here: it is looked for. */
const OVERDUE_MS = 1_000;

const OVER = "over";

const sessions = codecFor("sessions");
const decisions = codecFor("decisions");
const deadLetters = codecFor("dead-letters");

export class Decisions {
  readonly #options: DecisionsOptions;
  readonly #known = new KnownSessions(KNOWN_MS, MOST_KNOWN);
  #inFlight = 0;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#inFlight;
  }

  /** Null when the log has the session and the time is over; throws a Problem. */
  async decide(request: DecisionRequest): Promise<Decided | null> {
    const { mostInFlight } = this.#options;
    if (this.#inFlight >= mostInFlight)
      throw new Problem(429, "too_many", `${mostInFlight} requests wait already`, { retryAfter: 1 });
    this.#inFlight += 1;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<typeof OVER>((resolve) => {
      timer = setTimeout(resolve, request.timeoutMs, OVER);
    });
    try {
      return await this.#decide({ ...request, digest: digestOf(request.session) }, over);
    } finally {
      clearTimeout(timer);
      this.#inFlight -= 1;
    }
  }

  async #decide(asked: Asked, over: Promise<typeof OVER>): Promise<Decided | null> {
    const id = decisionIdOf(asked.session.sessionId);
    const known = await Promise.race([this.#knownOf(id, asked), over]);
    const answer = known === OVER ? OVER : await Promise.race([this.#answer(id, known, asked), over]);
    if (answer !== OVER) return answer;
    if (known !== OVER && (known.isTaken || known.end !== null)) return null;
    throw new Problem(
      503,
      "unacknowledged",
      `the log has not taken the session within ${asked.timeoutMs} ms, and may still: send it again with the same sessionId`,
      { retryAfter: 1 },
    );
  }

  /** What is known of the session; one that is not known is written, after it was looked for when it happened long ago. */
  async #knownOf(id: string, { session, isTimeGiven, digest }: Asked): Promise<Known> {
    const { placement, nowMs, elapsedMs } = this.#options;
    const found = this.#known.get(id);
    if (found !== undefined && found.end?.kind !== "refused" && found.end?.kind !== "unwritten") return found;
    // What nobody knows to be written or not is sent again as it was, so that the log cannot take it for another.
    const isAgain = found?.end?.kind === "unwritten" && found.content?.digest === digest && !isTimeGiven;
    const content = isAgain && found.content !== null ? found.content : { digest, atMs: session.atMs };
    const record = recordOf("sessions", { ...session, atMs: content.atMs }, placement);
    const known = this.#known.add(id, session.userId, elapsedMs());
    known.content = content;
    try {
      if (content.atMs < nowMs() - KNOWN_MS) await this.#lookFor(id, known);
    } catch (error) {
      known.endAs({ kind: "unwritten", error });
    }
    if (known.end === null) void this.#write(known, record);
    return known;
  }

  async #write(known: Known, record: OutRecord): Promise<void> {
    try {
      await this.#options.writer.write([record]);
      known.isTaken = true;
    } catch (error) {
      known.endAs({ kind: "unwritten", error });
    }
  }

  async #answer(id: string, known: Known, asked: Asked): Promise<Decided> {
    const { session } = asked;
    if (known.userId !== session.userId) throw conflict(session);
    if (known.end === null) {
      if (known.content !== null && !isSame(known.content, asked)) throw conflict(session);
      if (this.#isOverdue(known)) await this.#lookFor(id, known);
      await known.ended;
    }
    if (known.end?.kind === "conflicting") await this.#lookFor(id, known);
    const decided = decidedBy(known.end, session);
    const content = await this.#contentOf(known, decided, asked);
    if (!isSame(content, asked)) throw conflict(session);
    return decided.answer;
  }

  /** What the session that was decided says. Where it has gone by retention, the one that is asked about is taken for it. */
  async #contentOf(known: Known, { answer, sessionAtMs }: DecidedEnd, { digest }: Asked): Promise<Content> {
    if (known.content?.atMs === sessionAtMs) return known.content;
    known.content = await known.contentRead.do(async () => {
      const partition = this.#partitionOf(known.userId);
      const decided = await this.#options.recorded.session(answer.sessionId, sessionAtMs, partition);
      return { digest: decided === null ? digest : digestOf(decided), atMs: sessionAtMs };
    });
    return known.content;
  }

  #isOverdue(known: Known): boolean {
    return known.isTaken && this.#options.elapsedMs() - known.sinceMs > OVERDUE_MS;
  }

  /** Once: what is decided later comes by itself. */
  async #lookFor(id: string, known: Known): Promise<void> {
    await known.lookedFor.do(async () => {
      const decision = await this.#options.recorded.decision(id, [this.#partitionOf(known.userId)]);
      if (decision !== null) known.endAs(decidedEnd(decision));
    });
  }

  /** By its id; null: it is not decided yet. Throws a Problem where nobody knows it. */
  async find(id: string, userId: string | undefined): Promise<Decided | null> {
    const { placement, recorded } = this.#options;
    const known = this.#known.get(id);
    if (known !== undefined && (userId === undefined || userId === known.userId)) {
      if (known.end === null && this.#isOverdue(known)) await this.#lookFor(id, known);
      if (known.end?.kind === "conflicting") await this.#lookFor(id, known);
      return known.end === null ? null : decidedBy(known.end, { sessionId: id }).answer;
    }
    const partitions =
      userId === undefined
        ? Array.from({ length: placement.partitions }, (_, partition) => partition)
        : [this.#partitionOf(userId)];
    const decision = await recorded.decision(id, partitions);
    if (decision === null || (userId !== undefined && decision.userId !== userId))
      throw new Problem(404, "unknown_decision", "there is no such decision among the latest");
    return decidedOf(decision);
  }

  /** Of a decision that is known without reading the log. */
  campaignOf(id: string): string | null {
    const end = this.#known.get(id)?.end;
    return end?.kind === "decided" ? end.answer.campaign : null;
  }

  /** A record of `decisions`. */
  decided(value: Uint8Array): void {
    const decision = decodedOrNull(decisions, value);
    if (decision === null) return;
    const { decisionId, userId, decidedAtMs } = decision;
    const { nowMs, elapsedMs } = this.#options;
    let known = this.#known.get(decisionId);
    if (known === undefined) {
      if (decidedAtMs < nowMs() - KNOWN_MS) return;
      known = this.#known.add(decisionId, userId, elapsedMs());
    }
    if (known.userId === userId) known.endAs(decidedEnd(decision));
  }

  /** A record of `dead-letters`: of what this gateway wrote, and of nobody else's session of that id. */
  dead(value: Uint8Array): void {
    const letter = decodedOrNull(deadLetters, value);
    if (letter?.topic !== "sessions" || letter.value === null) return;
    const session = decodedOrNull(sessions, letter.value);
    const known = session === null ? undefined : this.#known.get(decisionIdOf(session.sessionId));
    if (session === null || known?.content?.atMs !== session.atMs || known.content.digest !== digestOf(session)) return;
    const { reason, detail } = letter;
    if (reason !== "session_conflict") return known.endAs({ kind: "refused", reason, detail });
    // What was decided is another's, even where it is of the same millisecond.
    known.content = null;
    known.endAs({ kind: "conflicting" });
  }

  #partitionOf(userId: string): number {
    return partitionOf(Buffer.from(userId), this.#options.placement);
  }
}

type DecidedEnd = Extract<End, { readonly kind: "decided" }>;

function decidedEnd(decision: Decision): DecidedEnd {
  return { kind: "decided", answer: decidedOf(decision), sessionAtMs: decision.sessionAtMs };
}

/** Throws the Problem that any other end is. */
function decidedBy(end: End | null, session: Pick<Session, "sessionId">): DecidedEnd {
  switch (end?.kind) {
    case "decided":
      return end;
    case "refused":
      throw new Problem(422, "refused", end.detail, { more: { reason: end.reason } });
    case "unwritten":
      throw end.error;
    case "conflicting":
    case undefined:
      throw conflict(session);
  }
}

function conflict({ sessionId }: Pick<Session, "sessionId">): Problem {
  return new Problem(409, "session_conflict", `${sessionId} is another session: an id names one session for ever`);
}

function isSame(content: Content, { session, isTimeGiven, digest }: Asked): boolean {
  return content.digest === digest && (!isTimeGiven || content.atMs === session.atMs);
}

function digestOf({ userId, surface, campaign, attributes }: Session): string {
  return hash("sha256", canonicalJson(toJson({ userId, surface, campaign, attributes })), "base64");
}
