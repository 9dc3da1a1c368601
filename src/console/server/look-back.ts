// Look back: a range of a campaign's time, read from the log while the page watches; what comes of it is a page of its own, kept
// for a while under a name that nobody guesses, for a frame cannot send a token.

import { z } from "zod";
import type { HttpApp } from "../../http/server.ts";
import type { Scope } from "../../http/tokens.ts";
import { Problem } from "../../http/problem.ts";
import type { EventLog } from "../../log/event-log.ts";
import { readInstant } from "../../domain/reading/instant.ts";
import type { CurvePoint } from "../../domain/campaign/campaign.ts";
import { findCampaign } from "../../workflows/control/campaigns.ts";
import { whatIfAt } from "../../workflows/look-back/what-if.ts";
import { minorOf } from "./command-request.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { lookBackAt, type LookedBack } from "../../workflows/look-back/look-back.ts";
import { REPORT_POLICY } from "./assets.ts";
import { TellingWork } from "./told-work.ts";

export interface LookBackRoutes {
  readonly log: EventLog;
  readonly scope: Scope | undefined;
  readonly nowMs: () => number;
  /** For how long this has run. */
  readonly elapsedMs: () => number;
  readonly newId: () => string;
  readonly signal: AbortSignal;
  readonly onTrouble: (text: string) => void;
}

export type LookBackAnswer =
  | { readonly kind: "empty"; readonly text: string }
  /** Where its page is. */
  | { readonly kind: "page"; readonly url: string };

/** Each reads up to two million records. */
const AT_ONCE = 2;
/** Of some hundred kilobytes each. */
const MOST_KEPT = 20;

const typed = z.string().min(1).max(40);
const querystring = z.object({ campaign: z.string().min(1).max(100), from: typed, to: typed });
const whatIfQuery = querystring.extend({
  /** In units of the currency. */
  budget: typed.optional(),
  curve: z.enum(["asap", "even", "points"]).optional(),
  /** `2026-05-01T12:00=0.5`, by commas. */
  points: z.string().max(20_000).optional(),
});

export function addLookBack(app: HttpApp, options: LookBackRoutes): void {
  const { log, scope, nowMs, elapsedMs, newId } = options;
  const config = scope === undefined ? {} : { scope };
  const work = new TellingWork(options, AT_ONCE);
  const kept = new Map<string, string>();
  const keep = (html: string): LookBackAnswer => {
    const name = newId();
    kept.set(name, html);
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
    return { kind: "page", url: `/look-back/${name}.html` };
  };
  const answerOf = (found: LookedBack): LookBackAnswer => (found.kind === "page" ? keep(found.html) : found);
  app.get("/api/look-back", { config, schema: { querystring } }, async ({ query: { campaign, ...asked } }, reply) =>
    work.answer(reply, async (progress, signal): Promise<LookBackAnswer> => {
      return answerOf(await lookBackAt({ log, campaign, asked, nowMs: nowMs(), progress, signal }));
    }),
  );
  app.get("/api/what-if", { config, schema: { querystring: whatIfQuery } }, async ({ query }, reply) =>
    work.answer(reply, async (progress, signal): Promise<LookBackAnswer> => {
      const { campaign: id, budget, curve, points, ...asked } = query;
      const { campaign } = await findCampaign(log, id);
      const { currency, timeZone = "UTC" } = campaign;
      const whatIf = {
        budget: budget === undefined ? undefined : { minor: minorOf(budget, currency, "budget"), currency },
        curve: curve === undefined ? undefined : { mode: curve, points: pointsOf(points ?? "", timeZone) },
      };
      const options = { log, campaign: id, asked, nowMs: nowMs(), elapsedMs, progress, signal };
      return answerOf(await whatIfAt({ ...options, ...whatIf }));
    }),
  );
  const params = z.object({ name: z.string() });
  app.get("/look-back/:name.html", { schema: { params } }, async ({ params: { name } }, reply) => {
    const html = kept.get(name);
    if (html === undefined)
      throw new Problem(404, "not_found", "this page is not kept any more: open it in the console again");
    return await reply
      .header("content-security-policy", REPORT_POLICY)
      .header("cache-control", "no-store")
      .type("text/html; charset=utf-8")
      .send(html);
  });
}

function pointsOf(typedPoints: string, timeZone: string): CurvePoint[] {
  return typedPoints.split(",").flatMap((point) => {
    if (point.trim() === "") return [];
    const [time = "", share = ""] = point.split("=");
    const read = readInstant(time.trim(), timeZone);
    if ("fault" in read) throw new InvalidInput(`points: ${read.fault}`);
    if (!/^(?:0|1)(?:\.\d+)?$/.test(share.trim()))
      throw new InvalidInput(`points: expected a share from 0 to 1 at ${time}, got "${share}"`);
    return [{ atMs: read.ms, share: Number(share) }];
  });
}
