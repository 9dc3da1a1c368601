// What if: a recorded campaign played again with a change, told and drawn.

import { writeFile } from "node:fs/promises";
import { zonedText } from "../../domain/calendar.ts";
import {
  curveFault,
  InvalidInput,
  type CurvePoint,
  type PacingController,
  type PacingMode,
} from "../../domain/campaign/campaign.ts";
import { formatMinor, type TypedAmount } from "../../domain/money/money.ts";
import type { EventLog } from "../../log/event-log.ts";
import { renderWhatIf, type WhatIfReport } from "../../report/evaluation/what-if-report.ts";
import { minorInCurrency } from "../../settings/parse.ts";
import { DONE, type Context } from "../../terminal/context.ts";
import { campaignOr } from "../control/control.ts";
import { clustersUnder } from "./clusters.ts";
import { readRecorded, type RecordedCampaign } from "./recorded.ts";
import { whatIfText } from "./what-if-view.ts";
import { asItWas, createdAs, playAgain, type Changes } from "./what-if.ts";

/** What is to be another than it was, as it was typed. */
export interface WhatIfRequest {
  readonly from: number | undefined;
  readonly campaign: string | undefined;
  readonly budget: TypedAmount | undefined;
  readonly curve: PacingMode | undefined;
  readonly points: readonly CurvePoint[];
  readonly controller: PacingController | undefined;
  readonly reservation: "strict" | "expected" | undefined;
  readonly release: string | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
}

export function changesInWords(
  { budget, curve, points = [], controller, reservation, release }: Partial<WhatIfRequest>,
  currency: string,
): string[] {
  const mode = curve ?? (points.length > 0 ? "points" : undefined);
  return [
    ...(budget === undefined ? [] : [`with a budget of ${formatMinor(budget.minor, currency)}`]),
    ...(mode === undefined ? [] : [`with the curve ${mode}`]),
    ...(controller === undefined ? [] : [`paced by ${controller}`]),
    ...(reservation === undefined ? [] : [`with the reservation policy ${reservation}`]),
    ...(release === undefined ? [] : [`with release ${release.slice(0, 12)}`]),
  ];
}

/** Plays the campaign again with the change, beside it as it was; writes the page where one was asked for. */
export async function showWhatIf(context: Context, log: EventLog, asked: WhatIfRequest): Promise<number> {
  if (asked.from !== undefined && asked.reservation !== undefined)
    throw new InvalidInput(
      "--reservation: a campaign keeps its policy: it can only be another from its beginning on; leave --from out",
    );
  const campaign = await campaignOr(log, asked.campaign);
  const recorded = await readRecorded(log, campaign);
  if (recorded.sessions.length === 0) throw new InvalidInput(`--campaign: no session of ${campaign} was drawn yet`);
  const created = createdAs(recorded);
  const { currency, timeZone } = created;
  const mode = asked.curve ?? (asked.points.length > 0 ? "points" : undefined);
  const fault = mode === undefined ? null : curveFault({ mode, points: asked.points }, created);
  if (fault !== null) throw new InvalidInput(`--points: ${fault}`);
  const changes: Changes = {
    ...(asked.from === undefined ? {} : { fromMs: asked.from }),
    ...(asked.budget === undefined ? {} : { budgetMinor: minorInCurrency(asked.budget, currency, "--budget") }),
    ...(mode === undefined ? {} : { curve: { mode, points: asked.points } }),
    ...(asked.controller === undefined ? {} : { controller: asked.controller }),
    ...(asked.reservation === undefined ? {} : { policy: asked.reservation }),
    ...(asked.release === undefined ? {} : { release: await clustersUnder(log, campaign, asked.release, recorded) }),
  };
  const changed = changesInWords(asked, currency);
  const whatIf: WhatIfReport = {
    ...{ campaign, currency, timeZone: timeZone ?? "UTC", ...timesOf(recorded) },
    changed: asked.from === undefined ? changed : [...changed, `from ${zonedText(timeZone ?? "UTC", asked.from)} on`],
    asItWas: asItWas(recorded),
    playedAgain: await playAgain(recorded, campaign, {}),
    wouldHaveBeen: await playAgain(recorded, campaign, changes),
  };
  if (asked.out !== undefined) {
    context.progress.report("drawing the page", 0);
    await writeFile(asked.out, await renderWhatIf(whatIf));
  }
  if (recorded.erased > 0)
    context.output.note(`${recorded.erased} sessions of users who were erased are left out`, { level: "warn" });
  context.output.result({ ...whatIf, erased: recorded.erased, page: asked.out ?? null }, () =>
    whatIfText(whatIf, asked.out),
  );
  return DONE;
}

function timesOf({ sessions }: RecordedCampaign): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = sessions[0]?.decision.decidedAtMs ?? 0;
  return { fromMs, toMs: sessions.at(-1)?.decision.decidedAtMs ?? fromMs };
}
