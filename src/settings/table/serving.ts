// Serving settings: what a cycle of the allocator takes, and whom it asks.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { asInteger, asUrl, type Parse } from "../parse.ts";
import { setting } from "../setting.ts";

/** The protocol has no users. */
const asFeatureUrl: Parse<string> = (typed) => {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url !== null && (url.username !== "" || url.password !== ""))
    throw new InvalidInput("expected a URL without a user: the feature service is asked without one");
  return asUrl(typed);
};

const DAY_MS = 86_400_000;

export const SERVING_SETTINGS = {
  featureUrl: setting<string | null>(
    "STIPEND_FEATURE_URL",
    "address of an external feature service",
    null,
    asFeatureUrl,
  ),
  featureDeadlineMs: setting(
    "STIPEND_FEATURE_DEADLINE_MS",
    "how long a decision waits for the feature service",
    50,
    asInteger({ min: 1, max: 60_000 }),
  ),
  batchRecords: setting(
    "STIPEND_BATCH_RECORDS",
    "most records that one cycle takes",
    4_000,
    asInteger({ min: 1, max: 100_000 }),
  ),
  cycleMs: setting(
    "STIPEND_CYCLE_MS",
    "how long a cycle of `run` should take at most: it takes fewer records when it takes longer",
    100,
    asInteger({ min: 1, max: 10_000 }),
  ),
  clockJumpMs: setting(
    "STIPEND_CLOCK_JUMP_MS",
    "how far the clock may jump ahead; beyond it `run` stops, and needs --accept-clock",
    3_600_000,
    asInteger({ min: 60_000, max: 31 * DAY_MS }),
  ),
} as const;
