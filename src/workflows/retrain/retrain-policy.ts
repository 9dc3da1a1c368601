// Retrain policy: when to learn again, as the settings say it. 0 is never.

import { RETRAIN_DEFAULTS, type RetrainPolicy } from "../../retrain/trigger.ts";
import type { Config } from "../../settings/config.ts";

export function retrainPolicy({ retrainRows, retrainPeriodMs }: Config): RetrainPolicy {
  return {
    newRows: retrainRows === 0 ? null : retrainRows,
    everyMs: retrainPeriodMs === 0 ? null : retrainPeriodMs,
    // Who asks for a training at fewer rows than are thought enough, has said that they are.
    minRows: retrainRows === 0 ? RETRAIN_DEFAULTS.minRows : Math.min(RETRAIN_DEFAULTS.minRows, retrainRows),
  };
}
