// Contract: what comes in is decoded and held to its contract. A record that cannot be used is rejected with its reason; it
// is kept whole as a dead letter, and the cycle goes on (law C6). docs/REASONS.md has the reasons.

import { AssertionFailed } from "../../domain/assert.ts";
import type { Grant } from "../../domain/campaign/control.ts";
import type { DeadLetterReason } from "../../domain/session/dead-letter.ts";
import type { Erasure } from "../../domain/session/erasure.ts";
import { eventBreach, type Breach, type Event } from "../../domain/session/event-contract.ts";
import { idBreach, keyIs, MAX_ID_BYTES } from "../../domain/ids.ts";
import { MAX_EVENT_BYTES, type Outcome, type Profile, type Session } from "../../domain/session/session.ts";
import { Undecodable, type Codec } from "../../log/codec/codec.ts";
import { registryHint } from "../../log/codec/registry/wire.ts";
import type { LogRecord } from "../../log/event-log.ts";
import type { Placement } from "../../log/partitioner.ts";
import { misplaced } from "../../log/placement.ts";
import type { CycleContext } from "../../task/processor.ts";
import { grantBreach } from "./grant-contract.ts";

export interface InputCodecs {
  readonly grants: Codec<Grant>;
  readonly erasures: Codec<Erasure>;
  readonly profiles: Codec<Profile>;
  readonly outcomes: Codec<Outcome>;
  readonly sessions: Codec<Session>;
}

export type DecodedRecord =
  | { readonly kind: "grant"; readonly record: LogRecord; readonly grant: Grant }
  | { readonly kind: "erasure"; readonly record: LogRecord; readonly erasure: Erasure }
  /** A null profile: its producer has deleted it. */
  | { readonly kind: "profile"; readonly record: LogRecord; readonly userId: string; readonly profile: Profile | null }
  | { readonly kind: "outcome"; readonly record: LogRecord; readonly outcome: Outcome }
  | { readonly kind: "session"; readonly record: LogRecord; readonly session: Session }
  | RejectedRecord;

export interface RejectedRecord {
  readonly kind: "rejected";
  readonly record: LogRecord;
  readonly reason: DeadLetterReason;
  /** Names the field and what is wrong with it. */
  readonly detail: string;
}

export function rejected(record: LogRecord, reason: DeadLetterReason, detail: string): RejectedRecord {
  return { kind: "rejected", record, reason, detail };
}

/** Of a shard's inputs. */
export function readRecord(
  codecs: InputCodecs,
  placement: Placement,
  record: LogRecord,
  context: CycleContext,
): DecodedRecord {
  if (record.unreadable !== undefined) return rejected(record, "undecodable", record.unreadable);
  const breach = keyBreach(record, placement);
  if (breach !== null) return rejected(record, ...breach);
  try {
    switch (record.topic) {
      case "grants":
        return readGrant(codecs, record, context);
      case "erasures":
        return readEvent(codecs.erasures, record, context, (erasure) => ({ kind: "erasure", record, erasure }));
      case "profiles":
        return readProfile(codecs, record, context);
      case "outcomes":
        return readEvent(codecs.outcomes, record, context, (outcome) => ({ kind: "outcome", record, outcome }));
      case "sessions":
        return readEvent(codecs.sessions, record, context, (session) => ({ kind: "session", record, session }));
      default:
        throw new AssertionFailed(`serve does not read ${record.topic}`);
    }
  } catch (error) {
    if (error instanceof Undecodable)
      return rejected(record, "undecodable", `${error.message}${registryHint(record.headers)}`);
    throw error;
  }
}

/** Before anything else: what is not in its user's partition must not become a second user there. Grants name their shard. */
function keyBreach({ topic, key, partition }: LogRecord, placement: Placement): [DeadLetterReason, string] | null {
  if (topic === "grants") return null;
  if (key === null)
    return ["contract", "key: missing; it must be the user id, which puts the record into its partition"];
  if (key.length === 0)
    return ["contract", "key: empty; it must be the user id, which puts the record into its partition"];
  const stray = misplaced(key, partition, placement);
  return stray === null ? null : ["wrong_partition", stray];
}

function readGrant(codecs: InputCodecs, record: LogRecord, { partition }: CycleContext): DecodedRecord {
  if (record.value === null) return rejected(record, "contract", "value: missing");
  const grant = codecs.grants.decode(record.value);
  const breach = grantBreach(grant, record.key, partition);
  return breach === null ? { kind: "grant", record, grant } : rejected(record, "contract", breach);
}

function readProfile(codecs: InputCodecs, record: LogRecord, context: CycleContext): DecodedRecord {
  if (record.value === null) {
    const userId = textOf((record.key ?? new Uint8Array(0)).subarray(0, MAX_ID_BYTES + 1));
    const breach = idBreach("key", userId);
    return breach === null ? { kind: "profile", record, userId, profile: null } : rejected(record, "contract", breach);
  }
  return readEvent(codecs.profiles, record, context, (profile) => ({
    kind: "profile",
    record,
    userId: profile.userId,
    profile,
  }));
}

/** What must have a value that is an event. */
function readEvent<E extends Event>(
  codec: Pick<Codec<E>, "decode">,
  record: LogRecord,
  { nowMs }: CycleContext,
  decoded: (event: E) => DecodedRecord,
): DecodedRecord {
  if (record.value === null) return rejected(record, "contract", "value: missing");
  const large = sizeBreach(record.value);
  if (large !== null) return rejected(record, "contract", large);
  const event = codec.decode(record.value);
  const breach = breachOf(event, record, nowMs);
  return breach === null ? decoded(event) : rejected(record, ...breach);
}

/** A user id of a megabyte need not be decoded to be refused. */
function sizeBreach({ length }: Uint8Array): string | null {
  return length <= MAX_EVENT_BYTES ? null : `value: ${length} bytes, at most ${MAX_EVENT_BYTES}`;
}

/** What is wrong with it at any time is said before that its time is not now. */
function breachOf(event: Event, record: LogRecord, nowMs: number): Breach | null {
  const breach = eventBreach(event, nowMs);
  return breach?.[0] === "contract" ? breach : (strayed(record, event.userId) ?? breach);
}

/** Every event of a user must meet in one partition: its key is the user. */
function strayed({ key }: LogRecord, userId: string): Breach | null {
  return keyIs(key, userId) ? null : ["contract", "key: differs from userId"];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
