// HTTP registry
// A schema registry with Confluent's API. It keeps nothing: who asks again asks the registry again.
//
// Invariants:
//   R1. "It has none" is the registry's own word, with its code. What a gateway says in its stead is trouble (http.ts), so
//       that no record is given up because of a wrong route.
//   R2. What the registry refuses is `InvalidInput` with the subject and the registry's words.

import { z } from "zod";
import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { Schema } from "../schemas.ts";
import { ask, away, type Answer, type Method, type RegistrySettings } from "./http.ts";

/** What a registry has under an id. */
export type Registered =
  | { readonly is: "avro"; readonly schema: Schema }
  /** Something that is of no use here. */
  | { readonly is: "other"; readonly what: string }
  | { readonly is: "unknown" };

export interface Registry {
  readonly url: string;
  /** The id under which the subject has the schema; null where it does not have it. */
  idOf(subject: string, schema: Schema): Promise<number | null>;
  /** Makes it the subject's latest version. */
  register(subject: string, schema: Schema): Promise<number>;
  byId(id: number): Promise<Registered>;
  byGuid(guid: string): Promise<Registered>;
  /** The subject's own compatibility level; null where it has none. */
  levelOf(subject: string): Promise<string | null>;
  setLevel(subject: string, level: string): Promise<void>;
  /** Why the registry would refuse the schema as the subject's next version; null where it would not. */
  objection(subject: string, schema: Schema): Promise<string | null>;
}

const SUBJECT_NOT_FOUND = 40_401;
const VERSION_NOT_FOUND = 40_402;
const SCHEMA_NOT_FOUND = 40_403;
const LEVEL_NOT_FOUND = 40_408;
const REFUSALS: readonly number[] = [409, 422];

const withId = z.object({ id: z.int32().min(0) });
const withLevel = z.object({ compatibilityLevel: z.string() });
const withSchema = z.object({
  schema: z.string(),
  schemaType: z.string().nullish(),
  references: z.array(z.unknown()).nullish(),
});
// One registry gives its reasons as a list, another as a text.
const withVerdict = z.object({
  is_compatible: z.boolean(),
  messages: z.array(z.string()).nullish(),
  reason: z.string().nullish(),
});

export function httpRegistry(settings: RegistrySettings): Registry {
  const asked = (method: Method, path: string, body?: object) => ask(settings, method, path, body);
  const read = <T>(answer: Answer, shape: z.ZodType<T>): T => {
    const found = answer.status < 400 ? shape.safeParse(answer.json) : null;
    if (found?.success !== true) throw away(settings, answer);
    return found.data;
  };
  const allowed = (subject: string, answer: Answer): Answer => {
    if (!REFUSALS.includes(answer.status)) return answer;
    throw new InvalidInput(`schema registry ${settings.url}: ${subject}: ${answer.words}`);
  };
  return {
    url: settings.url,
    async idOf(subject, schema) {
      const answer = await asked("POST", `/subjects/${part(subject)}`, textOf(schema));
      return hasNone(answer, SUBJECT_NOT_FOUND, SCHEMA_NOT_FOUND) ? null : read(answer, withId).id;
    },
    async register(subject, schema) {
      const answer = await asked("POST", `/subjects/${part(subject)}/versions`, textOf(schema));
      return read(allowed(subject, answer), withId).id;
    },
    async byId(id) {
      const answer = await asked("GET", `/schemas/ids/${id}`);
      return hasNone(answer, SCHEMA_NOT_FOUND) ? { is: "unknown" } : registered(read(answer, withSchema));
    },
    async byGuid(guid) {
      const answer = await asked("GET", `/schemas/guids/${part(guid)}`);
      // A registry from before GUIDs has no such route; waiting for it would hold the partition for ever.
      return answer.status === 404 ? { is: "unknown" } : registered(read(answer, withSchema));
    },
    async levelOf(subject) {
      const answer = await asked("GET", `/config/${part(subject)}`);
      return hasNone(answer, SUBJECT_NOT_FOUND, LEVEL_NOT_FOUND) ? null : read(answer, withLevel).compatibilityLevel;
    },
    async setLevel(subject, level) {
      read(allowed(subject, await asked("PUT", `/config/${part(subject)}`, { compatibility: level })), z.unknown());
    },
    async objection(subject, schema) {
      const path = `/compatibility/subjects/${part(subject)}/versions/latest?verbose=true`;
      const answer = await asked("POST", path, textOf(schema));
      if (hasNone(answer, SUBJECT_NOT_FOUND, VERSION_NOT_FOUND)) return null;
      if (REFUSALS.includes(answer.status)) return answer.words;
      const verdict = read(answer, withVerdict);
      return verdict.is_compatible ? null : (verdict.reason ?? verdict.messages?.join("; ") ?? "it gives no reason");
    },
  };
}

function part(subject: string): string {
  return encodeURIComponent(subject);
}

function textOf(schema: Schema): { readonly schema: string } {
  return { schema: JSON.stringify(schema) };
}

function hasNone({ status, code }: Answer, ...codes: readonly number[]): boolean {
  return status === 404 && codes.includes(code);
}

function registered({ schema, schemaType, references }: z.infer<typeof withSchema>): Registered {
  if ((schemaType ?? "AVRO") !== "AVRO") return { is: "other", what: `a schema of type ${schemaType}` };
  if ((references ?? []).length > 0) return { is: "other", what: "a schema that refers to others" };
  try {
    return { is: "avro", schema: JSON.parse(schema) as Schema };
  } catch {
    return { is: "other", what: "no JSON" };
  }
}
