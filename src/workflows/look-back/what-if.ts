// What if, of a range: the campaign played again from its beginning to the range's end with another budget or curve from the range's
// beginning on, and of that what lies in the range; the playing is `stipend replay`'s. It computes for seconds to minutes, so it
// makes room for others every now and then.

import { setImmediate } from "node:timers/promises";
import { curveFault, InvalidInput, type CurvePoint, type PacingMode } from "../../domain/campaign/campaign.ts";
import type { TypedAmount } from "../../domain/money/money.ts";
import { timeText } from "../../domain/figures.ts";
import type { EventLog } from "../../log/event-log.ts";
import { renderWhatIf } from "../../report/evaluation/what-if-report.ts";
import type { Progress } from "../../terminal/progress.ts";
import { findCampaign } from "../control/campaigns.ts";
import { readRecorded } from "../replay/recorded.ts";
import { changesInWords } from "../replay/show-what-if.ts";
import { asItWas, playAgain, type Changes, type PlayOptions } from "../replay/what-if.ts";
import { MOST_READ } from "./bounds.ts";
import type { LookedBack } from "./look-back.ts";
import { rangeOf, type AskedRange } from "./range.ts";

export interface WhatIfAt {
  readonly log: EventLog;
  readonly campaign: string;
  readonly asked: AskedRange;
  /** Undefined: as it was. */
  readonly budget: TypedAmount | undefined;
  readonly curve: { readonly mode: PacingMode; readonly points: readonly CurvePoint[] } | undefined;
  readonly nowMs: number;
  /** For how long it has computed. */
  readonly elapsedMs: () => number;
  readonly progress: Progress;
  /** Ends it; it then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** A kilobyte or so each. */
const MOST_SESSIONS = 100_000;
const ROOM_EVERY_MS = 15;

/** Throws InvalidInput that names the field. */
export async function whatIfAt(options: WhatIfAt): Promise<LookedBack> {
  const { log, asked, budget, curve, nowMs, progress, signal } = options;
  const { campaign } = await findCampaign(log, options.campaign);
  const { fromMs, toMs, timeZone } = rangeOf(asked, campaign, nowMs);
  if (budget === undefined && curve === undefined)
    throw new InvalidInput("budget: name another budget, or another curve: with neither there is nothing to play");
  const fault = curve === undefined ? null : curveFault(curve, campaign);
  if (fault !== null) throw new InvalidInput(`points: ${fault}`);
  await refuseTooMuch(log, campaign.id);
  const recorded = await readRecorded(log, campaign.id, { untilMs: toMs, most: MOST_SESSIONS, progress, signal });
  const during = { fromMs: Math.max(fromMs, campaign.startMs), toMs };
  if (!recorded.sessions.some(({ decision }) => decision.decidedAtMs >= during.fromMs))
    return { kind: "empty", text: "No session reached the draw in this range: there is nothing to play again." };
  const changes: Changes = {
    ...(fromMs > campaign.startMs ? { fromMs } : {}),
    ...(budget === undefined ? {} : { budgetMinor: budget.minor }),
    ...(curve === undefined ? {} : { curve }),
  };
  const playing = (step: string): PlayOptions => ({ during, onStep: room(options, step) });
  const report = {
    ...{ campaign: campaign.id, currency: campaign.currency, timeZone, ...during },
    changed: [
      ...changesInWords({ budget, curve: curve?.mode }, campaign.currency),
      ...(changes.fromMs === undefined ? [] : [`from ${timeText(fromMs, timeZone)} on`]),
    ],
    asItWas: asItWas(recorded, during),
    playedAgain: await playAgain(recorded, campaign.id, {}, playing("playing it as it was")),
    wouldHaveBeen: await playAgain(recorded, campaign.id, changes, playing("playing it with the change")),
  };
  progress.report("drawing", 1);
  return { kind: "page", html: await renderWhatIf(report) };
}

async function refuseTooMuch(log: EventLog, campaign: string): Promise<void> {
  let records = 0;
  for (const topic of ["decisions", "settlements"])
    for (const { start, end } of await log.ranges(topic)) records += end - start;
  if (records > MOST_READ)
    throw new InvalidInput(
      `it would take ${records.toLocaleString("en")} records to read, which is more than the console reads: ` +
        `\`stipend replay --campaign ${campaign}\` does it`,
    );
}

function room({ elapsedMs, progress, signal }: WhatIfAt, step: string): NonNullable<PlayOptions["onStep"]> {
  let lastMs = elapsedMs();
  return (done) => {
    if (elapsedMs() - lastMs < ROOM_EVERY_MS) return undefined;
    progress.report(step, done);
    return setImmediate().then(() => {
      lastMs = elapsedMs();
      signal.throwIfAborted();
    });
  };
}
