// Learning settings: how a training computes, and when a retraining starts.

import { asInteger, asOneOf } from "../parse.ts";
import { setting } from "../setting.ts";

const DAY_MS = 86_400_000;

export const LEARNING_SETTINGS = {
  tfBackend: setting(
    "STIPEND_TF_BACKEND",
    "TensorFlow for training: auto, native or wasm",
    "auto",
    asOneOf(["auto", "native", "wasm"]),
  ),
  retrainRows: setting(
    "STIPEND_RETRAIN_ROWS",
    "new training rows that start a retraining; 0 for never",
    50_000,
    asInteger({ min: 0 }),
  ),
  retrainPeriodMs: setting(
    "STIPEND_RETRAIN_PERIOD_MS",
    "time after which a retraining starts; 0 for never",
    DAY_MS,
    asInteger({ min: 0 }),
  ),
} as const;
