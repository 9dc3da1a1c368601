// Lift: what a campaign brought beside its holdout, with its interval, and of which users.

import { signed, timeText } from "../../../domain/figures.ts";
import type { Lift } from "../../views/lift.ts";
import { html } from "./html.ts";

export function LiftText({ lift, timeZone }: { lift: Lift | null; timeZone: string }) {
  if (lift === null) return html`<span class="quiet">–</span>`;
  if (lift.kind === "none") return html`<span class="quiet">–</span><small>no holdout to compare with yet</small>`;
  const { perThousand, unit, sinceMs, oneIn } = lift;
  const since = sinceMs === null ? "" : `, since ${timeText(sinceMs, timeZone)}`;
  const drawn = oneIn === 1 ? "" : `, of one user in ${oneIn}`;
  const range = `${signed(perThousand.low)} to ${signed(perThousand.high)} ${unit} a thousand users`;
  return html`<span>${signed(perThousand.value)}</span><small>${range + since + drawn}</small>`;
}
