// Working: how far a long answer is.

import type { Told } from "../../server/told-work.ts";
import { html } from "./html.ts";

export function Working({ told }: { told: Told | null }) {
  const { step, done, detail } = told ?? { step: "asking", done: 0, detail: "" };
  return html`<div class="working" role="status">
    <progress max="1" value=${done} aria-label="How far it is"></progress>
    <span>${`${step}${detail === "" ? "" : `: ${detail}`}`}</span>
  </div>`;
}
