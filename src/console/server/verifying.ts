// Verifying: the proof of the money, `stipend verify`'s, started from the page. It goes on whoever looks; what the last one said is
// kept for as long as this console runs, and nothing is said before there was one.

import { errorMessage } from "../../domain/error-message.ts";
import type { HttpApp } from "../../http/server.ts";
import type { Scope } from "../../http/tokens.ts";
import { Problem } from "../../http/problem.ts";
import type { EventLog } from "../../log/event-log.ts";
import { verify, type VerifyResult } from "../../evaluate/verify/verify.ts";
import type { VerifyState } from "../views/pages/health-page.ts";

export interface VerifyingOptions {
  readonly log: EventLog;
  readonly scope: Scope | undefined;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

const MOST_SHOWN = 20;

export class Verifying {
  #state: VerifyState = { running: null, last: null };

  get state(): VerifyState {
    return this.#state;
  }

  add(app: HttpApp, { log, scope, nowMs, signal }: VerifyingOptions): void {
    const config = scope === undefined ? {} : { scope };
    app.post("/api/verify", { config }, async (request, reply) => {
      if (this.#state.running !== null) throw new Problem(409, "running", "it is being proved just now");
      const by = request.caller?.name ?? null;
      // Before anything is waited for: one of two that come at once is refused.
      this.#tell(0, 0);
      void this.#proof(log, signal).then(
        (result) => this.#ended({ atMs: nowMs(), by, ...saidBy(result) }),
        (error: unknown) =>
          this.#ended({
            atMs: nowMs(),
            by,
            kind: "failed",
            text: errorMessage(error),
          }),
      );
      return await reply.code(202).send({ started: true });
    });
  }

  async #proof(log: EventLog, signal: AbortSignal): Promise<VerifyResult> {
    const of = await rowsOf(log);
    const progress = (rows: number): void => {
      signal.throwIfAborted();
      this.#tell(Math.min(rows, of), of);
    };
    progress(0);
    return await verify(log, { progress });
  }

  #tell(rows: number, of: number): void {
    this.#state = { ...this.#state, running: { rows, of } };
  }

  #ended(last: VerifyState["last"]): void {
    this.#state = { running: null, last };
  }
}

function saidBy({ ok, checked, violations, violationsInAll }: VerifyResult) {
  const { decisions, settlements } = checked;
  const rows = { decisions, settlements };
  if (ok) return { kind: "holds", rows } as const;
  const shown = violations.slice(0, MOST_SHOWN);
  const places = shown.map(
    ({ law, topic, partition, offset, detail }) => `${law}: ${topic} ${partition}@${offset}: ${detail}`,
  );
  return { kind: "broken", rows, violations: violationsInAll, places } as const;
}

async function rowsOf(log: EventLog): Promise<number> {
  let rows = 0;
  for (const topic of ["decisions", "settlements"])
    for (const { start, end } of await log.ranges(topic)) rows += end - start;
  return rows;
}
