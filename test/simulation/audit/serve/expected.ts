// Expected: what a cycle must write beside its decisions, worked out from what it has read, and the comparison with what it
// has written: settlements (L5, S1, S4, S6, S7), training rows (S5), dead letters (C6).

import type { DeadLetterReason } from "../../../../src/domain/session/dead-letter.ts";
import type { Settlement, SettlementStatus } from "../../../../src/domain/decision/decision.ts";
import type { LogRecord } from "../../../../src/log/event-log.ts";
import { valueOf } from "../../history.ts";
import type { Findings, Law } from "../findings.ts";
import type { Open } from "./user.ts";

interface Settling {
  readonly open: Open;
  readonly status: SettlementStatus;
  readonly amountMinor: number;
  readonly releasedMinor: number;
  readonly outcomeId: string | null;
  /** That says so, where it is another than that of its status. */
  readonly law?: Law;
}

/** What a settlement is about: the end of a hold, or one late outcome. */
function nameOf(decisionId: string, status: SettlementStatus, outcomeId: string | null): string {
  return status === "late" ? `${decisionId} late ${outcomeId}` : `${decisionId} ended`;
}

export class Expected {
  readonly #findings: Findings;
  readonly #place: string;
  readonly #cycle: number;
  readonly #nowMs: number;
  readonly #settling = new Map<string, Settling>();
  readonly #letters = new Map<string, DeadLetterReason>();
  readonly #training = new Map<string, { readonly open: Open; readonly law: "S5" | "S3" }>();

  constructor(findings: Findings, place: string, cycle: number, nowMs: number) {
    this.#findings = findings;
    this.#place = place;
    this.#cycle = cycle;
    this.#nowMs = nowMs;
  }

  settlement(settling: Settling): void {
    const { decisionId } = settling.open.decision;
    this.#settling.set(nameOf(decisionId, settling.status, settling.outcomeId), settling);
  }

  /** By S5, or early by S3. */
  training(open: Open, law: "S5" | "S3"): void {
    this.#training.set(open.decision.decisionId, { open, law });
  }

  letter(record: LogRecord, reason: DeadLetterReason): void {
    this.#letters.set(`${record.topic}/${record.partition}@${record.offset}`, reason);
  }

  compareSettlements(records: readonly LogRecord[]): void {
    for (const record of records) {
      const row = valueOf("settlements", record);
      const name = nameOf(row.decisionId, row.status, row.outcomeId);
      const wanted = this.#settling.get(name);
      this.#settling.delete(name);
      if (wanted === undefined) this.#unexpected(row);
      else this.#compare(row, wanted);
    }
    for (const [name, { status, law = lawOf(status) }] of this.#settling)
      this.#findings.add(law, this.#place, `${name}: there is no row ${status}`);
  }

  #unexpected(row: Settlement): void {
    const { status, settlementId, amountMinor } = row;
    const law: Law = status === "late" ? "S4" : status === "expired" ? "S1" : "L5";
    this.#findings.add(law, this.#place, `${settlementId}: ${status} of ${amountMinor}, and nothing has ended`);
  }

  #compare(row: Settlement, wanted: Settling): void {
    const { decision, hold } = wanted.open;
    const place = `${this.#place} ${row.settlementId}`;
    const demand = (holds: boolean, law: Law, what: string): void =>
      this.#findings.demand(holds, law, place, () => `${what}: ${row.status} ${row.amountMinor}, ${row.releasedMinor}`);
    demand(row.status === wanted.status, wanted.law ?? lawOf(wanted.status), `must be ${wanted.status}`);
    const amounts =
      Number(row.amountMinor) === wanted.amountMinor && Number(row.releasedMinor) === wanted.releasedMinor;
    demand(amounts, "L5", `must move ${wanted.amountMinor} and release ${wanted.releasedMinor}`);
    demand(row.outcomeId === wanted.outcomeId, "L5", `must be by ${wanted.outcomeId}`);
    const ids =
      row.status === "late" ? row.settlementId.startsWith("l-") : row.settlementId === `s-${decision.sessionId}`;
    demand(ids, "S4", "has an id of another kind");
    const own =
      row.campaign === (decision.campaign ?? "") &&
      row.account === (hold?.account ?? "plan") &&
      row.userId === decision.userId &&
      row.arm === decision.arm;
    demand(own, "S4", "is about another campaign, account, user or arm than its decision");
    demand(row.atMs === this.#nowMs && row.cycle === this.#cycle, "C4", "is of another time or cycle");
  }

  compareTraining(records: readonly LogRecord[]): void {
    for (const record of records) {
      const row = valueOf("training-log", record);
      const open = this.#training.get(row.decisionId)?.open;
      this.#training.delete(row.decisionId);
      const place = `${this.#place} ${row.decisionId}`;
      if (open === undefined) {
        this.#findings.add("S5", place, "a training row of a decision that has not ended, or not been drawn");
        continue;
      }
      const { decision, hold, settledMinor, rewards, redeemed } = open;
      const told = new Map(Object.entries(row.rewards));
      const same =
        row.arm === decision.arm &&
        row.cluster === decision.cluster &&
        row.endedAtMs === this.#nowMs &&
        row.redeemed === redeemed &&
        row.propensities.length === decision.propensities.length &&
        row.propensities.every((share, arm) => share === decision.propensities[arm]);
      this.#findings.demand(same, "S5", place, () => "the training row is not its decision's");
      const cost = (hold?.sendMinor ?? 0) + settledMinor;
      this.#findings.demand(Number(row.costMinor) === cost, "S5", place, () => `cost ${row.costMinor}, it was ${cost}`);
      const alike = told.size === rewards.size && [...rewards].every(([name, sum]) => told.get(name) === sum);
      this.#findings.demand(alike, "S6", place, () => `rewards ${[...told].join()}, it had ${[...rewards].join()}`);
    }
    for (const [decisionId, { law }] of this.#training)
      this.#findings.add(law, `${this.#place} ${decisionId}`, "no training row at the end of its window");
  }

  compareLetters(records: readonly LogRecord[]): void {
    for (const record of records) {
      const { topic, partition, offset, reason } = valueOf("dead-letters", record);
      const name = `${topic}/${partition}@${offset}`;
      const wanted = this.#letters.get(name);
      this.#letters.delete(name);
      const place = `${this.#place} ${name}`;
      this.#findings.demand(
        wanted === reason,
        "C6",
        place,
        () => `dead letter ${reason}, expected ${wanted ?? "none"}`,
      );
    }
    for (const [name, reason] of this.#letters)
      this.#findings.add("C6", `${this.#place} ${name}`, `no dead letter, expected ${reason}`);
  }
}

function lawOf(status: SettlementStatus): Law {
  return status === "late" ? "S6" : status === "expired" ? "S1" : "L5";
}
