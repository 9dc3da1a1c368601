// Fields: what is typed into the dialogs: amounts, and caps.

import { html } from "../parts/html.ts";

export function Field({ label, value, onValue }: { label: string; value: string; onValue: (value: string) => void }) {
  return html`<label
    >${label}
    <input
      required
      autocomplete="off"
      inputmode="decimal"
      value=${value}
      onInput=${(event: InputEvent) => onValue(valueOf(event))}
    />
  </label>`;
}

export type CapsOf = readonly { readonly max: number; readonly windowMs: number }[];
const HOUR_MS = 3_600_000;

export function Caps({ caps, onCaps }: { caps: CapsOf; onCaps: (caps: CapsOf) => void }) {
  const change = (at: number, cap: Partial<CapsOf[number]>) =>
    onCaps(caps.map((each, index) => (index === at ? { ...each, ...cap } : each)));
  return html`
    ${caps.length === 0 && html`<p>A user may get any number of offers.</p>`}
    ${caps.map(
      ({ max, windowMs }, at) =>
        html`<div class="inline" key=${at}>
          <label
            >At most
            <input
              type="number"
              min="1"
              required
              value=${max}
              onInput=${(event: InputEvent) => change(at, { max: Number(valueOf(event)) })}
          /></label>
          <label
            >in hours
            <input
              type="number"
              min="0.01"
              step="any"
              required
              value=${windowMs / HOUR_MS}
              onInput=${(event: InputEvent) => change(at, { windowMs: Math.round(Number(valueOf(event)) * HOUR_MS) })}
          /></label>
          <button type="button" class="small" onClick=${() => onCaps(caps.filter((_, index) => index !== at))}>
            Remove
          </button>
        </div>`,
    )}
    ${caps.length < 8 && html`<button type="button" class="small" onClick=${() => onCaps([...caps, { max: 1, windowMs: 24 * HOUR_MS }])}>Add a cap</button>`}
  `;
}

/** What is typed or chosen. */
export function valueOf(event: Event): string {
  const { target } = event;
  return target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
    ? target.value
    : "";
}
