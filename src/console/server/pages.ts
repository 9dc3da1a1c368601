// Pages: what can be asked for, each a view of the live model: as JSON, or, for who accepts `text/event-stream`, again whenever
// it changes.

import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { MAX_ID_BYTES } from "../../domain/ids.ts";
import { Problem } from "../../http/problem.ts";
import type { HttpApp } from "../../http/server.ts";
import type { EventLog } from "../../log/event-log.ts";
import type { Scope } from "../../http/tokens.ts";
import { campaignPage } from "../views/pages/campaign-page.ts";
import { campaignsPage } from "../views/pages/campaigns-page.ts";
import { changesPage } from "../views/pages/changes-page.ts";
import { healthPage, type HealthFacts } from "../views/pages/health-page.ts";
import type { LiveModel } from "../views/model/live-model.ts";
import { releasesPage } from "../views/pages/releases-page.ts";
import { MOST_VIEWERS, type LivePages } from "./live-pages.ts";
import { SpendHistories } from "./spend-history.ts";
import { readUser } from "./user-records.ts";

const TOO_MANY_VIEWERS = `${MOST_VIEWERS} pages of this console are open already: close one, and this one comes by itself`;

export interface PagesOptions {
  readonly log: EventLog;
  readonly model: LiveModel;
  readonly live: LivePages;
  readonly nowMs: () => number;
  /** Which a token must have to look; undefined: nobody is asked. */
  readonly scope: Scope | undefined;
  readonly health: () => HealthFacts;
  /** Ends what is being read. */
  readonly signal: AbortSignal;
}

export function addPages(app: HttpApp, { log, model, live, nowMs, scope, health, signal }: PagesOptions): void {
  const histories = new SpendHistories(log, model);
  const config = scope === undefined ? {} : { scope };
  const answer = async (request: FastifyRequest, reply: FastifyReply, page: () => unknown): Promise<unknown> => {
    if (!(request.headers.accept ?? "").includes("text/event-stream")) return live.once(page());
    if (live.isFull) throw new Problem(503, "too_many_viewers", TOO_MANY_VIEWERS, { retryAfter: 5 });
    const headers = reply.getHeaders();
    reply.hijack();
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value);
    live.add(request.url, page, reply.raw);
    return reply;
  };
  app.get("/api/campaigns", { config }, (request, reply) =>
    answer(request, reply, () => campaignsPage(model, nowMs())),
  );
  app.get("/api/campaigns/:id", { config, schema: { params: z.object({ id: z.string() }) } }, (request, reply) => {
    const { id } = request.params;
    if (model.status(id) === null) throw new Problem(404, "not_found", `there is no campaign ${id}`);
    histories.want(id);
    return answer(request, reply, () => campaignPage(model, id, nowMs()));
  });
  const changes = { config, schema: { querystring: z.strictObject({ campaign: z.string().optional() }) } };
  app.get("/api/changes", changes, (request, reply) =>
    answer(request, reply, () => changesPage(model, request.query.campaign ?? null)),
  );
  const user = z.strictObject({
    id: z.string().min(1).max(MAX_ID_BYTES),
    until: z.coerce.number().int().min(0).optional(),
  });
  app.get("/api/users", { config, schema: { querystring: user } }, async ({ query: { id, until } }) =>
    live.once(
      await readUser(log, id, {
        untilMs: until ?? null,
        campaignOf: (campaign) => model.campaign(campaign),
        zoneOf: model.zoneOf,
        signal,
      }),
    ),
  );
  app.get("/api/health", { config }, (request, reply) => answer(request, reply, () => healthPage(model, health())));
  app.get("/api/releases", { config }, (request, reply) => answer(request, reply, () => releasesPage(model)));
}
