// Reasons: all of them, in the order of the glossary.

import type { Reason } from "../../../domain/decision/decision.ts";
import { REASON_WORDS } from "../../../domain/glossary.ts";

export const REASON_ORDER = Object.keys(REASON_WORDS) as readonly Reason[];
