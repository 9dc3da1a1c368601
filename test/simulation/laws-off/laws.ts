// Laws off: the system with one law switched off: a part wrapped or patched from here, at a seam, never by a switch in the
// system. A simulation that does not notice has not shown that the law holds; laws-off.test.ts demands that each is caught, by
// the law that was broken, within 1,000 seeds.

import { CYCLE_OFF } from "./cycle.ts";
import { DOORS_OFF } from "./doors.ts";
import { SERVING_OFF } from "./serving.ts";
import { TERMS_OFF } from "./terms.ts";
import type { LawOff } from "./tools.ts";
import { TREASURY_OFF } from "./treasury.ts";

export const LAWS_OFF: readonly LawOff[] = [...SERVING_OFF, ...TREASURY_OFF, ...CYCLE_OFF, ...DOORS_OFF, ...TERMS_OFF];
