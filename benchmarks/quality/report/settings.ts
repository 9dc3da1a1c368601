// Settings: results by market, rows and noise, and what a table asks of them.

import { METHODS, OWN_ROWS, PEERS, WORLDS, type Result } from "../results.ts";
import { rowsText } from "./format.ts";

/** Results of one market, number of rows and noise. */
export interface Setting {
  readonly world: string;
  readonly rows: number;
  readonly noise: number;
  readonly results: readonly Result[];
}

/** In the order of the markets. */
export function settingsOf(results: readonly Result[]): Setting[] {
  const settings = new Map<string, Result[]>();
  for (const each of results) {
    const key = `${each.world} ${each.rows} ${each.noise}`;
    settings.set(key, [...(settings.get(key) ?? []), each]);
  }
  const order = Object.keys(WORLDS);
  return [...settings.values()]
    .map((some) => {
      const { world, rows, noise } = some[0]!;
      return { world, rows, noise, results: some };
    })
    .toSorted((a, b) => order.indexOf(a.world) - order.indexOf(b.world) || a.rows - b.rows || a.noise - b.noise);
}

export function titleOf({ world, rows }: Pick<Setting, "world" | "rows">): string {
  return rows === OWN_ROWS[world] ? world : `${world}, ${rowsText(rows)}`;
}

export function of({ results }: Pick<Setting, "results">, method: string): readonly Result[] {
  return results.filter((each) => each.method === method);
}

export function methodsIn(settings: readonly Pick<Setting, "results">[]): string[] {
  return Object.keys(METHODS).filter((method) => settings.some((setting) => of(setting, method).length > 0));
}

export function peersIn(setting: Setting): string[] {
  return PEERS.filter((method) => of(setting, method).length > 0);
}

export function labelOf(method: string): string {
  const label = METHODS[method] ?? method;
  return method === "ours" ? `**${label}**` : label;
}

/** Ours with a choice set otherwise are no methods of their own. */
export function isVariant(method: string): boolean {
  return METHODS[method] === undefined;
}
