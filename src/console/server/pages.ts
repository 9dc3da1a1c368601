// Pages: what can be asked for, each a view of the live model: as JSON, or, for who accepts `text/event-stream`, again whenever
// it changes.

import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Problem } from "../../http/problem.ts";
import type { HttpApp } from "../../http/server.ts";
import type { Scope } from "../../http/tokens.ts";
import { campaignPage } from "../views/campaign-page.ts";
import { campaignsPage } from "../views/campaigns-page.ts";
import type { LiveModel } from "../views/live-model.ts";
import type { LivePages } from "./live-pages.ts";

export interface PagesOptions {
  readonly model: LiveModel;
  readonly live: LivePages;
  readonly nowMs: () => number;
  /** Which a token must have to look; undefined: nobody is asked. */
  readonly scope: Scope | undefined;
}

export function addPages(app: HttpApp, { model, live, nowMs, scope }: PagesOptions): void {
  const config = scope === undefined ? {} : { scope };
  const answer = async (request: FastifyRequest, reply: FastifyReply, page: () => unknown): Promise<unknown> => {
    if (!(request.headers.accept ?? "").includes("text/event-stream")) return live.once(page());
    if (live.isFull) throw new Problem(503, "too_many_viewers", "too many pages are open", { retryAfter: 5 });
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
    return answer(request, reply, () => campaignPage(model, id, nowMs()));
  });
}
