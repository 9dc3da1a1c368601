// Redrive: dead letters of one cause sent once more, from the page. First it is said how many that would be.

import { z } from "zod";
import { DEAD_LETTER_REASONS } from "../../domain/session/dead-letter.ts";
import type { HttpApp } from "../../http/server.ts";
import type { EventLog } from "../../log/event-log.ts";
import { TOPICS } from "../../log/topics.ts";
import { redrive, sumOf } from "../../workflows/topics/redrive.ts";

const body = z.strictObject({
  topic: z.enum(Object.keys(TOPICS)),
  reason: z.enum(DEAD_LETTER_REASONS),
  dryRun: z.boolean(),
});

export interface RedriveAnswer {
  readonly sent: number;
  /** From topics that the allocator alone writes, of erased users, or too large to be kept whole. */
  readonly leftOut: number;
}

const config = { scope: "command" } as const;

/** `tell`: of what was done, and by whom, for the console's own record. */
export function addRedrive(app: HttpApp, log: EventLog, tell: (text: string) => void): void {
  app.post("/api/dead-letters/redrive", { config, schema: { body } }, async (request): Promise<RedriveAnswer> => {
    const { topic, reason, dryRun } = request.body;
    const done = await redrive(log, { topic, reason, at: [] }, { dryRun, onProgress: () => undefined });
    const sent = sumOf(done.byTopic);
    if (!dryRun) tell(`${sent} dead letters (${reason}, ${topic}) sent again by ${request.caller?.name ?? "nobody"}`);
    return { sent, leftOut: done.leftOut + done.tooLarge + done.erased };
  });
}
