// Redrive: dead letters of one cause sent once more, from the page. First it is said how many that would be; in earnest it takes a
// reason, which is told on this console's output and kept for as long as it runs.

import { z } from "zod";
import { wordsBreach } from "../../domain/campaign/control.ts";
import { DEAD_LETTER_REASONS } from "../../domain/session/dead-letter.ts";
import { Problem } from "../../http/problem.ts";
import type { HttpApp } from "../../http/server.ts";
import type { EventLog } from "../../log/event-log.ts";
import { TOPICS } from "../../log/topics.ts";
import { redrive, sumOf } from "../../workflows/topics/redrive.ts";
import type { SentAgain } from "../views/pages/health-page.ts";

const body = z.strictObject({
  topic: z.enum(Object.keys(TOPICS)),
  reason: z.enum(DEAD_LETTER_REASONS),
  dryRun: z.boolean(),
  /** Left out with a dry run. */
  why: z.string().max(1_024).default(""),
});

export interface RedriveAnswer {
  readonly sent: number;
  /** From topics that the allocator alone writes, of erased users, or too large to be kept whole. */
  readonly leftOut: number;
}

export interface RedriveOptions {
  readonly log: EventLog;
  readonly nowMs: () => number;
  /** What was done, by whom and why, for the console's own record. */
  readonly tell: (text: string) => void;
}

const MOST_KEPT = 20;
const config = { scope: "command" } as const;

export class Redriving {
  #done: readonly SentAgain[] = [];

  /** Newest first, since this console was opened. */
  get done(): readonly SentAgain[] {
    return this.#done;
  }

  add(app: HttpApp, { log, nowMs, tell }: RedriveOptions): void {
    app.post("/api/dead-letters/redrive", { config, schema: { body } }, async (request): Promise<RedriveAnswer> => {
      const { topic, reason, dryRun, why } = request.body;
      const by = request.caller?.name ?? null;
      const breach = dryRun
        ? null
        : why.trim() === ""
          ? "say why: it is kept"
          : wordsBreach({ actor: by, reason: why });
      if (breach !== null) throw new Problem(400, "invalid", breach.replace(/^reason: /, ""), { field: "why" });
      const done = await redrive(log, { topic, reason, at: [] }, { dryRun, onProgress: () => undefined });
      const sent = sumOf(done.byTopic);
      if (!dryRun) {
        tell(`${sent} dead letters (${reason}, ${topic}) sent again by ${by ?? "nobody"}: ${why.trim()}`);
        this.#done = [{ atMs: nowMs(), by, why: why.trim(), topic, reason, sent }, ...this.#done].slice(0, MOST_KEPT);
      }
      return { sent, leftOut: done.leftOut + done.tooLarge + done.erased };
    });
  }
}
