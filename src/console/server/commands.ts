// Commands: what a page asks of the treasurer. Each is asked for twice: as a dry run that says what it would do, and then, with a
// reason and at the revision that the page shows, in earnest. There is no route here without a token of the scope `command`.

import type { FastifyRequest } from "fastify";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { BudgetStatus, PacingAction } from "../../domain/campaign/control.ts";
import { Problem } from "../../http/problem.ts";
import type { HttpApp } from "../../http/server.ts";
import type { EventLog } from "../../log/event-log.ts";
import { dryRun, send, type CommandOutcome, type SteeringRequest } from "../../workflows/control/control.ts";
import { confirmReasons, previewOf, type Preview } from "../views/command-preview.ts";
import type { LiveModel } from "../views/model/live-model.ts";
import { actionOf, commandSchema, type CommandRequest } from "./command-request.ts";

export interface CommandsOptions {
  readonly log: EventLog;
  readonly model: LiveModel;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly signal: AbortSignal;
}

export interface CommandAnswered {
  readonly outcome: "previewed" | "accepted" | "applied" | "refused" | "unanswered";
  readonly refusal: string | null;
  readonly revision: number | null;
  readonly preview: Preview | null;
}

/** An answer takes a cycle of the treasurer; without an allocator there is none. */
const PATIENCE_MS = 10_000;
const config = { scope: "command" } as const;

export function addCommands(app: HttpApp, options: CommandsOptions): void {
  const schema = { body: commandSchema };
  app.post("/api/commands/preview", { config, schema }, async ({ body }) => {
    const asked = requestOf(body, options.model);
    const outcome = await steered(dryRun, asked.request, options);
    const { answer, status, changes } = outcome;
    const isPreviewed = answer?.outcome === "previewed" && status !== null;
    return {
      ...answered(outcome),
      preview: isPreviewed ? previewOf(asked.action, status, changes, answer.preview) : null,
    };
  });
  app.post("/api/commands", { config, schema }, async (request) => {
    const { body } = request;
    const asked = requestOf(body, options.model);
    if (body.reason.trim() === "")
      throw new Problem(400, "invalid", "say why: it is kept with the command", { field: "reason" });
    if (confirmReasons(asked.action, asked.status).length > 0 && body.confirm !== body.campaign)
      throw new Problem(400, "invalid", `type the campaign's name, ${body.campaign}`, { field: "confirm" });
    const named = { ...asked.request, reason: body.reason.trim(), actor: actorOf(request) };
    return { ...answered(await steered(send, named, options)), preview: null };
  });
}

function actorOf(request: FastifyRequest): string | null {
  return request.caller?.name ?? null;
}

function requestOf(
  body: CommandRequest,
  model: LiveModel,
): { readonly request: SteeringRequest; readonly action: PacingAction; readonly status: BudgetStatus } {
  const status = model.status(body.campaign);
  if (status === null) throw new Problem(404, "not_found", `there is no campaign ${body.campaign}`);
  const action = actionOf(body, status);
  const request = { campaign: body.campaign, action, actor: null, reason: null, expectedRevision: body.revision };
  return { request, action, status };
}

async function steered(ask: typeof send, request: SteeringRequest, options: CommandsOptions): Promise<CommandOutcome> {
  const { log, nowMs, newId, signal } = options;
  try {
    return await ask(log, request, { nowMs, newId, signal, wait: false, timeoutMs: PATIENCE_MS });
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const [, field, text = error.message] = /^(?:budget-pacing: )?([^\s:]+): (.*)$/s.exec(error.message) ?? [];
    throw new Problem(400, "invalid", text, field === undefined ? {} : { field });
  }
}

function answered({ answer }: CommandOutcome): Omit<CommandAnswered, "preview"> {
  if (answer === null) return { outcome: "unanswered", refusal: null, revision: null };
  return { outcome: answer.outcome, refusal: answer.refusal, revision: answer.revision };
}
