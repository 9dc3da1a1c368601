// Registry settings: the schema registry that values are written with.

import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { asText, asUrl, type Parse } from "../parse.ts";
import type { Secret } from "../secret.ts";
import { asSecret, setting } from "../setting.ts";

/** What is in a URL is said again; a password must not be. */
const asRegistryUrl: Parse<string> = (typed) => {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  if (url !== null && (url.username !== "" || url.password !== ""))
    throw new InvalidInput("give the user in SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, not in the URL");
  if (url !== null && (url.search !== "" || url.hash !== ""))
    throw new InvalidInput(`expected a URL without ? and #, got "${typed}"`);
  return asUrl(typed).replace(/\/+$/, "");
};

export const REGISTRY_SETTINGS = {
  schemaRegistryUrl: setting<string | null>(
    "SCHEMA_REGISTRY_URL",
    "where Confluent's API of a schema registry begins: values are in its wire format",
    null,
    asRegistryUrl,
    "none: single-object encoding",
  ),
  schemaRegistryUsername: setting<string | null>("SCHEMA_REGISTRY_USERNAME", "user for the registry", null, asText),
  schemaRegistryPassword: setting<Secret | null>(
    "SCHEMA_REGISTRY_PASSWORD",
    "password for the registry; never printed; …_FILE names a file that has it, read at each request",
    null,
    asSecret,
  ),
} as const;
