// Console action: what a page asks for, as JSON carries it: amounts as they are typed, in units of the campaign's currency.

import type { PacingMode } from "../../domain/campaign/campaign.ts";

export type ConsoleAction =
  | { readonly kind: "set_budget"; readonly amount: string; readonly periodAmount: string | null }
  | { readonly kind: "set_exploration"; readonly share: number; readonly amount: string }
  | { readonly kind: "set_caps"; readonly caps: readonly { readonly max: number; readonly windowMs: number }[] }
  | {
      readonly kind: "set_curve";
      readonly mode: PacingMode;
      readonly points: readonly { readonly atMs: number; readonly share: number }[];
    }
  | { readonly kind: "pause" | "resume" | "end" | "clear_alarm" | "rollback_release" }
  | { readonly kind: "promote_release"; readonly release: string };
