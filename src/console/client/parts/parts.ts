// Parts: what several pages have in common.

import type { ComponentChild } from "preact";
import { GLOSSARY } from "../../../domain/glossary.ts";
import type { AccountMoney, Currency } from "../../views/pages/campaigns-page.ts";
import type { Warning } from "../../../observe/warnings.ts";
import { ago, money } from "./format.ts";
import { html } from "./html.ts";
import type { Live } from "../live/live.ts";

/** A page's content once it is there; before that, and where it is refused, a plain sentence. */
export function Loaded<T>({ live, then }: { live: Live<T>; then: (page: T, atMs: number) => ComponentChild }) {
  if (live.kind === "loading") return html`<p class="quiet" role="status">Reading the log…</p>`;
  if (live.kind === "refused") return html`<${Note} kind="bad" text=${live.text} />`;
  const { trouble, lostAtMs, atMs } = live;
  return html`
    ${lostAtMs !== null && html`<${Note} kind="bad" text="The console cannot be reached; what is shown is of ${ago(atMs, Date.now())}." />`}
    ${trouble !== null && html`<${Note} kind="bad" text=${`The log cannot be read: ${trouble.text}`} />`}
    ${then(live.page, atMs)}
  `;
}

export function Note({ kind, text }: { kind: "note" | "bad"; text: string }) {
  return html`<p class=${`notice ${kind}`} role=${kind === "bad" ? "alert" : "status"}>${text}</p>`;
}

export function Empty({ title, text }: { title: string; text: string }) {
  return html`<div class="empty">
    <h2>${title}</h2>
    <p>${text}</p>
  </div>`;
}

export function State({ state }: { state: string }) {
  return html`<span class=${`state ${state}`}>${state}</span>`;
}

export function Warnings({ warnings }: { warnings: readonly Warning[] }) {
  if (warnings.length === 0) return null;
  return html`<ul class="warnings">
    ${warnings.map(({ kind, text }) => html`<li key=${kind}>${text}</li>`)}
  </ul>`;
}

/** Spent, reserved and left as one bar, with a tick where spent and reserved should be. */
export function MoneyBar({ money: of, currency }: { money: AccountMoney; currency: Currency }) {
  const { budget, spent, reserved, left, target } = of;
  const whole = Math.max(1, budget, spent + reserved);
  const width = (minor: number) => ({ width: `${(100 * minor) / whole}%` });
  const label =
    `${money(spent, currency)} spent, ${money(reserved, currency)} reserved, ${money(left, currency)} left of ` +
    `${money(budget, currency)}${target === null ? "" : `; should be at ${money(target, currency)} by now`}`;
  return html`<div class="moneybar" role="img" aria-label=${label}>
    <div class="track">
      <i class="spent" style=${width(spent)}></i><i class="reserved" style=${width(reserved)}></i>
    </div>
    ${target !== null && html`<b class="tick" style=${{ left: `${Math.min(100, (100 * target) / whole)}%` }}></b>`}
  </div>`;
}

/** What stands for a colour of the style sheet, beside its name. */
export function Mark({ colour, form = "" }: { colour: string; form?: "" | "line" | "dashed" }) {
  return html`<i class=${`mark ${form}`} style=${form === "dashed" ? {} : { background: `var(--${colour})` }}></i>`;
}

/** A figure with what it is called, explained where the glossary has it. */
export function Figure({
  word,
  tone,
  children,
}: {
  word: string;
  tone?: "spent" | "reserved" | "left";
  children?: ComponentChild;
}) {
  const meaning = (GLOSSARY as Readonly<Record<string, string>>)[word];
  return html`<div class="figure">
    <dt title=${meaning}>${tone !== undefined && html`<${Mark} colour=${tone} />`}${word}</dt>
    <dd>${children}</dd>
  </div>`;
}

export interface PanelProps {
  readonly title: string;
  readonly note?: string;
  readonly wide?: boolean;
  readonly children?: ComponentChild;
}

export function Panel({ title, note, wide = false, children }: PanelProps) {
  return html`<section class=${wide ? "panel wide" : "panel"}>
    <h2>${title}</h2>
    ${note !== undefined && html`<p class="note">${note}</p>`} ${children}
  </section>`;
}
