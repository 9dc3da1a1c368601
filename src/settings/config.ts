// Config: the settings: raw (the environment) → validated → frozen. The tables give each its name, default and help; a bad value
// is refused at the start with the setting's name. What only one command needs is an option of that command.

import path from "node:path";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import { errorMessage } from "../domain/error-message.ts";
import { combinationProblems } from "./combinations.ts";
import type { Parse } from "./parse.ts";
import { secretFile, type Secret } from "./secret.ts";
import { asSecret, type Setting } from "./setting.ts";
import { SETTINGS, type Config } from "./table/settings.ts";

export type { Config } from "./table/settings.ts";

/** In the place of a secret: the name of a file that has it. */
const FILE = "_FILE";

/** Of the bootstrap and for finding errors: not settings, but not misspellings either. */
const OTHER_NAMES: readonly string[] = ["STIPEND_DEBUG", "STIPEND_DATA"];

export type Variables = Readonly<Record<string, string | undefined>>;

/** Throws InvalidInput that names each setting that is wrong. A relative folder is one of `cwd`. */
export function loadConfig(env: Variables, cwd: string): Config {
  const problems: string[] = [];
  const given = new Set<string>();
  const values = Object.entries(SETTINGS).map(([key, { env: name, fallback, parse }]) => {
    const typed = env[name] ?? "";
    const file = (parse as Parse<unknown>) === asSecret ? (env[`${name}${FILE}`] ?? "") : "";
    if (typed === "" && file === "") return [key, fallback];
    given.add(key);
    if (typed !== "" && file !== "") problems.push(`${name}: is given by ${name}${FILE} too: unset one of them`);
    try {
      return [key, typed === "" ? secretFile(path.resolve(cwd, file)) : (parse as Parse<unknown>)(typed)];
    } catch (error) {
      problems.push(`${name}${typed === "" ? FILE : ""}: ${errorMessage(error)}`);
      return [key, fallback];
    }
  });
  const config = { ...(Object.fromEntries(values) as Omit<Config, "given">), given };
  problems.push(...combinationProblems(config));
  if (problems.length > 0) throw new InvalidInput(problems.join("\n"));
  const file = (name: string | null) => (name === null ? null : path.resolve(cwd, name));
  const dir = path.resolve(cwd, config.dir);
  return Object.freeze({
    ...config,
    dir,
    stateDir: file(config.stateDir) ?? `${dir}-state`,
    kafkaTlsCa: file(config.kafkaTlsCa),
    kafkaTlsCert: file(config.kafkaTlsCert),
    kafkaTlsKey: file(config.kafkaTlsKey),
  });
}

/** What must never be said. */
export function configSecrets({ kafkaSaslPassword, schemaRegistryPassword }: Config): readonly Secret[] {
  return [kafkaSaslPassword, schemaRegistryPassword].filter((secret) => secret !== null);
}

/** What works, and should not stay so: a sentence for each. */
export function configWarnings({ kafkaSaslMechanism, kafkaTls }: Config): readonly string[] {
  return kafkaSaslMechanism === "plain" && !kafkaTls
    ? [
        "KAFKA_SASL_MECHANISM: plain sends the password readably to whoever is between here and the brokers: set KAFKA_TLS=true",
      ]
    : [];
}

/** Beginnings of names that only this program's Kafka settings have; Kafka's own tools have others. */
const KAFKA_NAMES = /^KAFKA_(BROKER|CLIENT|TOPIC|REPLICATION|MIN_|TLS|SSL|SASL|SESSION|TRANSACTION)/;

/** Names that look like settings and are none: a sentence for each. */
export function unknownSettings(env: Variables): readonly string[] {
  const all: readonly Setting<unknown>[] = Object.values(SETTINGS);
  const known = [
    ...all.flatMap(({ env: name, parse }) => (parse === asSecret ? [name, name + FILE] : [name])),
    ...OTHER_NAMES,
  ];
  return Object.keys(env)
    .filter((name) => (/^(STIPEND|SCHEMA_REGISTRY)_/.test(name) || KAFKA_NAMES.test(name)) && !known.includes(name))
    .map((name) => `${name} is no setting of this version and has no effect; \`stipend --help\` lists them`);
}

/** The table as the help shows it. */
export function describeSettings(): string {
  const rows = Object.values(SETTINGS).map(({ env, help, shown }) => `  ${env.padEnd(30)} ${help} (default: ${shown})`);
  return ["Settings (environment):", ...rows].join("\n");
}
