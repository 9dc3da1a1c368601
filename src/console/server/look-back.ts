// Look back: a range of a campaign's time, read from the log while the page watches; what comes of it is a page of its own, kept
// for a while under a name that nobody guesses, for a frame cannot send a token.

import { z } from "zod";
import type { HttpApp } from "../../http/server.ts";
import type { Scope } from "../../http/tokens.ts";
import { Problem } from "../../http/problem.ts";
import type { EventLog } from "../../log/event-log.ts";
import { lookBackAt } from "../../workflows/look-back/look-back.ts";
import { REPORT_POLICY } from "./assets.ts";
import { TellingWork } from "./told-work.ts";

export interface LookBackOptions {
  readonly log: EventLog;
  readonly scope: Scope | undefined;
  readonly nowMs: () => number;
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

export function addLookBack(app: HttpApp, options: LookBackOptions): void {
  const { log, scope, nowMs, newId } = options;
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
  app.get("/api/look-back", { config, schema: { querystring } }, async ({ query: { campaign, ...asked } }, reply) =>
    work.answer(reply, async (progress, signal): Promise<LookBackAnswer> => {
      const found = await lookBackAt({ log, campaign, asked, nowMs: nowMs(), progress, signal });
      return found.kind === "page" ? keep(found.html) : found;
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
