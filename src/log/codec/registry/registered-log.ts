// Registered log
// A log of any adapter whose values are in Confluent's wire format, so that others can use its topics with a schema registry.
// Its caller sees single-object bytes, as on a log without a registry.
//
// Invariants:
//   W1. What is written in a schema of ours is written under that schema's id; it is never waited for (Subjects).
//   W2. What is read under an id that has been met before is read without the registry. A new id is asked for before the
//       batch is handed on; while the registry cannot say, the read is `LogUnavailable`: held and tried again, never given up.
//   W3. What no schema makes readable is handed on as it came, and so are single-object bytes, from before the registry.
//   W4. Changelogs are left alone.

import { withEdge } from "../../edge.ts";
import type { EventLog } from "../../event-log.ts";
import type { Registry } from "./http-registry.ts";
import { Subjects, type SubjectDifference } from "./subjects.ts";
import { Translation } from "./translation.ts";

export interface RegisteredLog extends EventLog {
  /** Subjects without this version's schema: nothing can be written to their topics. `ensureTopics` registers it. */
  lacking(): readonly string[];
  subjectDifferences(topics: readonly string[]): Promise<readonly SubjectDifference[]>;
}

export interface RegisteredLogOptions {
  readonly log: EventLog;
  readonly registry: Registry;
  /** Before each topic's name in its subject's, as on the cluster. */
  readonly topicPrefix: string;
  readonly onTrouble: (text: string) => void;
}

/** Looks up what it will need; throws `LogUnavailable` where the registry is away. */
export async function openRegisteredLog(options: RegisteredLogOptions): Promise<RegisteredLog> {
  const { log, registry } = options;
  const subjects = await Subjects.find(registry, options.topicPrefix);
  const translation = new Translation(subjects, registry, options.onTrouble);
  const behind = withEdge(log, {
    inbound: (records) => translation.inbound(records),
    outbound: (records) => translation.outbound(records),
  });
  return {
    ...behind,
    async ensureTopics(specs) {
      await log.ensureTopics(specs);
      await subjects.ensure(specs.map(({ name }) => name));
    },
    lacking: () => subjects.lacking(),
    subjectDifferences: (topics) => subjects.differences(topics),
  };
}
