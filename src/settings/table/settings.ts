// Settings: all of them, in the order in which the help shows them.

import type { Setting } from "../setting.ts";
import { KAFKA_SETTINGS } from "./kafka.ts";
import { LEARNING_SETTINGS } from "./learning.ts";
import { LOG_SETTINGS } from "./log.ts";
import { PROGRAM_SETTINGS } from "./program.ts";
import { REGISTRY_SETTINGS } from "./registry.ts";
import { SERVING_SETTINGS } from "./serving.ts";

export const SETTINGS = {
  ...LOG_SETTINGS,
  ...SERVING_SETTINGS,
  ...PROGRAM_SETTINGS,
  ...LEARNING_SETTINGS,
  ...KAFKA_SETTINGS,
  ...REGISTRY_SETTINGS,
} as const;

export type Settings = typeof SETTINGS;

type Values = { readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never };

/** Folders and files are absolute. */
export type Config = Omit<Values, "stateDir"> & {
  readonly stateDir: string;
  /** The settings that the environment gives, by key. */
  readonly given: ReadonlySet<string>;
};
