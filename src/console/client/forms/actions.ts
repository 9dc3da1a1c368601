// Actions: what can be done to a campaign, each a button that opens its dialog. None where this console only reads.

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import type { CampaignPage, ShownSettings } from "../../views/pages/campaign-page.ts";
import type { CampaignRow } from "../../views/pages/campaigns-page.ts";
import type { ConsoleAction } from "../../views/console-action.ts";
import { CommandDialog } from "./command-dialog.ts";
import { useCommanding } from "../live/facts.ts";
import { amount } from "../parts/format.ts";
import { html } from "../parts/html.ts";
import { CurveFields, type Curve } from "./curve-fields.ts";
import { Caps, Field, type CapsOf } from "./fields.ts";

const TITLES = {
  set_budget: "Budget",
  pause: "Pause",
  resume: "Resume",
  set_curve: "Curve",
  set_caps: "Caps",
  set_exploration: "Exploration",
  end: "End",
  clear_alarm: "Clear the alarm",
} as const;
type Kind = keyof typeof TITLES;

export function Actions({ page }: { page: CampaignPage }) {
  const commanding = useCommanding();
  const [open, setOpen] = useState<Kind | null>(null);
  const { row, settings } = page;
  const isOver = row.state === "ended";
  // The dialog that ended it still has its answer to show.
  if (commanding !== "open" || settings === null || (isOver && open === null)) return null;
  const all: readonly Kind[] = [
    ...(row.warnings.some(({ kind }) => kind === "alarm") ? (["clear_alarm"] as const) : []),
    "set_budget",
    row.state === "paused" ? "resume" : "pause",
    "set_curve",
    "set_caps",
    "set_exploration",
    "end",
  ];
  return html`<div class="actions">
    ${(isOver ? [] : all).map((kind) => html`<button type="button" key=${kind} class=${kind === "end" ? "danger" : ""} onClick=${() => setOpen(kind)}>${TITLES[kind]}…</button>`)}
    ${open !== null && html`<${ActionDialog} key=${open} start=${startOf(open, page, settings)} row=${row} hasPeriod=${settings.period !== null} onClose=${() => setOpen(null)} />`}
  </div>`;
}

export interface ActionDialogProps {
  /** What the fields begin with. */
  readonly start: ConsoleAction;
  readonly row: Pick<CampaignRow, "id" | "revision" | "currency">;
  readonly hasPeriod: boolean;
  readonly onClose: () => void;
}

export function ActionDialog({ start, row, hasPeriod, onClose }: ActionDialogProps) {
  const [action, setAction] = useState(start);
  const title = action.kind in TITLES ? TITLES[action.kind as Kind] : "Release";
  return html`<${CommandDialog}
    title=${`${title}: ${row.id}`}
    campaign=${row.id}
    revision=${row.revision}
    action=${action}
    onClose=${onClose}
  >
    ${fieldsOf(action, setAction, { campaign: row.id, currency: row.currency.code, hasPeriod })}
  <//>`;
}

/** From what is in force now. */
function startOf(kind: Kind, { row, exploration }: CampaignPage, settings: ShownSettings): ConsoleAction {
  const typed = (minor: number) => amount(minor, row.currency.digits);
  switch (kind) {
    case "set_budget":
      return {
        kind,
        amount: typed(row.money.budget),
        periodAmount: settings.period === null ? null : typed(settings.period.budget),
      };
    case "set_exploration":
      return { kind, share: settings.explorationShare, amount: typed(exploration.budget) };
    case "set_caps":
      return { kind, caps: settings.caps };
    case "set_curve":
      return { kind, mode: settings.curve, points: settings.points };
    default:
      return { kind };
  }
}

function fieldsOf(
  action: ConsoleAction,
  set: (action: ConsoleAction) => void,
  {
    campaign,
    currency,
    hasPeriod,
  }: { readonly campaign: string; readonly currency: string; readonly hasPeriod: boolean },
): ComponentChild {
  switch (action.kind) {
    case "set_budget":
      return html`
        <${Field}
          label=${`Budget, ${currency}`}
          value=${action.amount}
          onValue=${(value: string) => set({ ...action, amount: value })}
        />
        ${hasPeriod && html`<${Field} label=${`Of each day or week, ${currency}`} value=${action.periodAmount ?? ""} onValue=${(value: string) => set({ ...action, periodAmount: value === "" ? null : value })} />`}
      `;
    case "set_exploration":
      return html`
        <${Field}
          label="Share of the sessions, %"
          value=${String(Number((action.share * 100).toFixed(4)))}
          onValue=${(value: string) => set({ ...action, share: Number(value) / 100 })}
        />
        <${Field}
          label=${`Budget, ${currency}`}
          value=${action.amount}
          onValue=${(value: string) => set({ ...action, amount: value })}
        />
      `;
    case "set_caps":
      return html`<${Caps} caps=${action.caps} onCaps=${(caps: CapsOf) => set({ ...action, caps })} />`;
    case "set_curve":
      return html`<${CurveFields} curve=${action} onCurve=${(curve: Curve) => set({ ...action, ...curve })} campaign=${campaign} />`;
    case "promote_release":
      return html`<p>Release <code>${action.release.slice(0, 12)}</code></p>`;
    default:
      return undefined;
  }
}
