// Config
// The settings: raw (the environment) → validated → frozen. One table gives each its name, default and help; a bad value
// is refused at the start with the setting's name. What only one command needs is an option of that command.

import path from "node:path";
import { InvalidInput } from "../domain/campaign.ts";
import { asInteger, asOneOf, asUrl, type Parse } from "./options.ts";

interface Setting<T> {
  readonly env: string;
  readonly help: string;
  /** What it is when the environment does not say; shown in the help. */
  readonly fallback: T;
  readonly parse: Parse<T>;
}

function setting<T>(env: string, help: string, fallback: NoInfer<T>, parse: Parse<T>): Setting<T> {
  return { env, help, fallback, parse };
}

const asName: Parse<string> = (typed) => {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(typed))
    throw new InvalidInput(`expected letters, digits, dots, dashes and underscores, at most 100, got "${typed}"`);
  return typed;
};

const asFolder: Parse<string> = (typed) => {
  if (typed.trim() === "") throw new InvalidInput("expected a folder, got nothing");
  return typed;
};

const DAY_MS = 86_400_000;

export const SETTINGS = {
  dir: setting("STIPEND_DIR", "folder of the embedded log", ".stipend/log", asFolder),
  application: setting("STIPEND_APPLICATION", "name under which the allocator's tasks run", "stipend", asName),
  partitions: setting(
    "STIPEND_PARTITIONS",
    "partitions of the topics keyed by user, when the log is made",
    4,
    asInteger({ min: 1, max: 1024 }),
  ),
  controlPartitions: setting(
    "STIPEND_CONTROL_PARTITIONS",
    "partitions of the topics keyed by campaign, when the log is made",
    1,
    asInteger({ min: 1, max: 64 }),
  ),
  featureUrl: setting<string | null>("STIPEND_FEATURE_URL", "address of an external feature service", null, asUrl),
  featureDeadlineMs: setting(
    "STIPEND_FEATURE_DEADLINE_MS",
    "how long a decision waits for the feature service",
    50,
    asInteger({ min: 1, max: 60_000 }),
  ),
  batchRecords: setting(
    "STIPEND_BATCH_RECORDS",
    "most records that one cycle takes",
    1_000,
    asInteger({ min: 1, max: 100_000 }),
  ),
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

/** Of the bootstrap and for finding errors: not settings, but not misspellings either. */
const OTHER_NAMES: readonly string[] = ["STIPEND_DEBUG"];

type Settings = typeof SETTINGS;

export type Config = { readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never } & {
  /** The settings that the environment gives, by key. */
  readonly given: ReadonlySet<string>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws InvalidInput that names each setting that is wrong. A relative folder is one of `cwd`. */
export function loadConfig(env: Environment, cwd: string): Config {
  const problems: string[] = [];
  const given = new Set<string>();
  const values = Object.entries(SETTINGS).map(([key, { env: name, fallback, parse }]) => {
    const typed = env[name];
    if (typed === undefined || typed === "") return [key, fallback];
    given.add(key);
    try {
      return [key, (parse as Parse<unknown>)(typed)];
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return [key, fallback];
    }
  });
  if (env["KAFKA_BROKERS"])
    problems.push(
      "KAFKA_BROKERS: this version runs on the embedded log only; unset KAFKA_BROKERS and name its folder in STIPEND_DIR",
    );
  if (problems.length > 0) throw new InvalidInput(problems.join("\n"));
  const config = Object.fromEntries(values) as Omit<Config, "given">;
  return Object.freeze({ ...config, dir: path.resolve(cwd, config.dir), given });
}

/** Names that look like settings and are none: a sentence for each. */
export function unknownSettings(env: Environment): readonly string[] {
  const known = [...Object.values(SETTINGS).map((entry) => entry.env), ...OTHER_NAMES];
  return Object.keys(env)
    .filter((name) => name.startsWith("STIPEND_") && !known.includes(name))
    .map((name) => `${name} is no setting of this version and has no effect; \`stipend --help\` lists them`);
}

/** The table as the help shows it. */
export function describeSettings(): string {
  const rows = Object.values(SETTINGS).map(({ env, help, fallback }) => {
    const shown = fallback === null ? "none" : String(fallback);
    return `  ${env.padEnd(28)} ${help} (default: ${shown})`;
  });
  return ["Settings (environment):", ...rows].join("\n");
}
