// Lift: what a campaign brought beside its holdout, with its interval.

import type { Lift } from "../../views/lift.ts";
import { whole } from "./format.ts";
import { html } from "./html.ts";

export function LiftText({ lift }: { lift: Lift | null }) {
  if (lift === null) return html`<span class="quiet">–</span>`;
  if (lift.kind === "none") return html`<span class="quiet">–</span><small>no holdout to compare with yet</small>`;
  if (lift.kind === "too_much")
    return html`<span class="quiet">–</span><small>${`${whole(lift.records)} records: see evaluate --live`}</small>`;
  const { perThousand, unit } = lift;
  return html`<span>${signed(perThousand.value)}</span><small>${`${signed(perThousand.low)} to ${signed(perThousand.high)} ${unit} a thousand users`}</small>`;
}

function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 })}`;
}
