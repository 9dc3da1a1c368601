// Subjects
// What this program has in a schema registry: for each topic that others write or read, the subject `<topic>-value` with the
// schema of that topic's values.
//
// Invariants:
//   S1. A subject's compatibility is BACKWARD or stricter before a schema is added to it.
//   S2. Where nothing is missing, nothing is written: a user who may only read is enough.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { serveKind, TOPICS, treasuryKind } from "../../topics.ts";
import { headerOf } from "../codec.ts";
import { fingerprint, loadSchemas, type Schema } from "../schemas.ts";
import type { Registry } from "./http-registry.ts";

const LEVEL = "BACKWARD";
const ENOUGH: readonly string[] = ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];
const UNSET = "NONE";

/** Nobody else's: their values stay as they are, and have no subject. */
const CHANGELOGS: readonly string[] = [serveKind, treasuryKind].map((kind) => kind("").changelog);
const SHARED = Object.keys(TOPICS).filter((topic) => !CHANGELOGS.includes(topic));

export interface SubjectDifference {
  readonly topic: string;
  readonly setting: string;
  readonly needed: string;
  readonly found: string;
  readonly fix: string;
}

export interface Subject {
  readonly topic: string;
  readonly name: string;
  readonly schema: Schema;
  /** Before single-object bytes in it. */
  readonly header: Uint8Array;
  /** Under which the registry has it; null where it does not. */
  id: number | null;
}

export class Subjects {
  readonly #registry: Registry;
  readonly #subjects: ReadonlyMap<string, Subject>;

  private constructor(registry: Registry, subjects: ReadonlyMap<string, Subject>) {
    this.#registry = registry;
    this.#subjects = subjects;
  }

  /** Looks every subject up, so that no id of ours has to be asked for later. */
  static async find(registry: Registry, topicPrefix: string): Promise<Subjects> {
    const found = SHARED.map(async (topic): Promise<[string, Subject]> => {
      const name = `${topicPrefix}${topic}-value`;
      const schema = loadSchemas(topic).current;
      const header = headerOf(fingerprint(schema));
      return [topic, { topic, name, schema, header, id: await registry.idOf(name, schema) }];
    });
    return new Subjects(registry, new Map(await Promise.all(found)));
  }

  /** Undefined for a topic that has none. */
  of(topic: string): Subject | undefined {
    return this.#subjects.get(topic);
  }

  /** Names of the subjects that have not got this version's schema. */
  lacking(): readonly string[] {
    return [...this.#subjects.values()].filter(({ id }) => id === null).map(({ name }) => name);
  }

  /** Registers what is missing of these topics; refuses a subject that would let anybody in. */
  async ensure(topics: readonly string[]): Promise<void> {
    for (const { subject, level } of await this.#levels(topics)) {
      if (isUnset(level)) await this.#registry.setLevel(subject.name, LEVEL);
      else if (!ENOUGH.includes(level))
        throw new InvalidInput(
          `schema registry ${this.#registry.url}: ${subject.name}: its compatibility is ${level}, which lets in schemas that ` +
            `cannot read what is there: set ${LEVEL} or FULL`,
        );
      subject.id ??= await this.#registry.register(subject.name, subject.schema);
    }
  }

  /** In what the registry differs from what these topics need, without changing anything. */
  async differences(topics: readonly string[]): Promise<SubjectDifference[]> {
    const differences: SubjectDifference[] = [];
    for (const { subject, level } of await this.#levels(topics)) {
      const { name, schema, id } = subject;
      if (id === null) differences.push(missing(name, schema, await this.#registry.objection(name, schema)));
      if (level === null ? id !== null : !ENOUGH.includes(level))
        differences.push({
          topic: name,
          setting: "compatibility",
          needed: `${LEVEL} or stricter`,
          found: level ?? "not set",
          fix: isUnset(level) ? "stipend topics create" : `set ${LEVEL} in the registry`,
        });
    }
    return differences;
  }

  async #levels(topics: readonly string[]): Promise<{ readonly subject: Subject; readonly level: string | null }[]> {
    const subjects = topics.flatMap((topic) => this.#subjects.get(topic) ?? []);
    return await Promise.all(
      subjects.map(async (subject) => ({ subject, level: await this.#registry.levelOf(subject.name) })),
    );
  }
}

/** One registry has no level until one is set, another says NONE. */
function isUnset(level: string | null): level is null | typeof UNSET {
  return level === null || level === UNSET;
}

function missing(name: string, schema: Schema, objection: string | null): SubjectDifference {
  return {
    topic: name,
    setting: "schema",
    needed: fingerprint(schema),
    found: objection === null ? "missing" : `the registry would refuse it: ${objection}`,
    fix:
      objection === null
        ? "stipend topics create"
        : "another subject (KAFKA_TOPIC_PREFIX), or the version that wrote it",
  };
}
