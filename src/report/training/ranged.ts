// Ranged: a figure with its interval, for a cell of a table.

import { perThousand, type Ranged } from "../../domain/figures.ts";
import { html, type Html } from "../page/page.ts";

/** In a thousand sessions, with its interval below. */
export function ranged(figure: Ranged | undefined, unit = 1): Html {
  if (figure === undefined) return html``;
  const show = (value: number): string => perThousand(value * unit);
  return html`${show(figure.value)}<br /><small>${show(figure.low)} to ${show(figure.high)}</small>`;
}
