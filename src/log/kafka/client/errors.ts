// Errors
// The class of each error code that a broker can answer to the requests made here (a test holds the codes against the
// broker's own list), and the way from there, and from a lost connection, to the port's errors (law C5).
//
//   retry        passing: ask again, a little later
//   leader       asked the wrong broker: read the metadata again, then ask again
//   coordinator  moved or loading: look for it again, then ask again
//   fenced       another producer has the transactional id: the task is another's
//   abort        this transaction cannot be committed any more; nothing of it is
//   rejoin       the group is being shared out again: join it again, with what we have
//   lost         the group has forgotten us: what we had may be another's already; join as somebody new
//   join id      the group wants the id it has just given
//   no topic     the topic is not there, or must not be used
//   too large    a record or batch is larger than the topic takes
//   out of range the position is not in the partition any more, or not yet
//   refused      asking again would change nothing: a setting, a right, or a defect

import { Fenced, LogError, LogUnavailable, OutcomeUnknown, RecordTooLarge, UnknownTopic } from "../../event-log.ts";

export type ErrorClass =
  | "retry"
  | "leader"
  | "coordinator"
  | "fenced"
  | "abort"
  | "rejoin"
  | "lost"
  | "join id"
  | "no topic"
  | "too large"
  | "out of range"
  | "refused";

export type ErrorRow = readonly [name: string, errorClass: ErrorClass, reason: string];

const NOT_LISTED = "is of no request that is made here, or newer";

// prettier-ignore
export const CODES: Readonly<Record<number, ErrorRow>> = {
  [-1]: ["UNKNOWN_SERVER_ERROR", "refused", "the broker does not know either: its log does"],
  0: ["NONE", "refused", "is no error; nobody asks for its errorClass"],
  1: ["OFFSET_OUT_OF_RANGE", "out of range", "retention has passed us by, or the topic was made anew"],
  2: ["CORRUPT_MESSAGE", "retry", "a batch was damaged on its way; it is sent again whole"],
  3: ["UNKNOWN_TOPIC_OR_PARTITION", "leader", "may be too new for this broker; the metadata says whether it exists"],
  4: ["INVALID_FETCH_SIZE", "refused", "a defect of ours"],
  5: ["LEADER_NOT_AVAILABLE", "leader", "an election is under way"],
  6: ["NOT_LEADER_OR_FOLLOWER", "leader", "the leader has moved"],
  7: ["REQUEST_TIMED_OUT", "retry", "replicas were slow; the sequence number keeps a second try from doubling"],
  8: ["BROKER_NOT_AVAILABLE", "leader", "the broker is gone; another leads by now"],
  9: ["REPLICA_NOT_AVAILABLE", "leader", "the replica has moved"],
  10: ["MESSAGE_TOO_LARGE", "too large", "the topic's max.message.bytes is smaller than we believe"],
  11: ["STALE_CONTROLLER_EPOCH", "retry", "the controller is changing"],
  12: ["OFFSET_METADATA_TOO_LARGE", "refused", "a defect of ours: we send none"],
  13: ["NETWORK_EXCEPTION", "retry", "a broker lost another"],
  14: ["COORDINATOR_LOAD_IN_PROGRESS", "retry", "the coordinator is reading its log; it is the right one"],
  15: ["COORDINATOR_NOT_AVAILABLE", "coordinator", "there is none yet"],
  16: ["NOT_COORDINATOR", "coordinator", "it has moved"],
  17: ["INVALID_TOPIC_EXCEPTION", "no topic", "no topic can have this name"],
  18: ["RECORD_LIST_TOO_LARGE", "too large", "a batch is larger than the topic's segments"],
  19: ["NOT_ENOUGH_REPLICAS", "retry", "fewer in-sync replicas than the topic asks for; nothing was written"],
  20: ["NOT_ENOUGH_REPLICAS_AFTER_APPEND", "retry", "written, but by too few: the same sequence number is sent again"],
  21: ["INVALID_REQUIRED_ACKS", "refused", "a defect of ours"],
  22: ["ILLEGAL_GENERATION", "lost", "the group has gone on without us"],
  23: ["INCONSISTENT_GROUP_PROTOCOL", "refused", "another kind of consumer uses this group id: change the application's name"],
  24: ["INVALID_GROUP_ID", "refused", "the application's name makes no group id"],
  25: ["UNKNOWN_MEMBER_ID", "lost", "our session has timed out"],
  26: ["INVALID_SESSION_TIMEOUT", "refused", "outside the broker's group.min/max.session.timeout.ms"],
  27: ["REBALANCE_IN_PROGRESS", "rejoin", "a member has come or gone"],
  28: ["INVALID_COMMIT_OFFSET_SIZE", "refused", "a defect of ours"],
  29: ["TOPIC_AUTHORIZATION_FAILED", "refused", "the user lacks a right on the topic"],
  30: ["GROUP_AUTHORIZATION_FAILED", "refused", "the user lacks a right on the group"],
  31: ["CLUSTER_AUTHORIZATION_FAILED", "refused", "the user lacks a right on the cluster"],
  32: ["INVALID_TIMESTAMP", "refused", "the topic takes no such time stamps: this machine's clock is far from the broker's, or see message.timestamp.before/after.max.ms"],
  33: ["UNSUPPORTED_SASL_MECHANISM", "refused", "the broker has another SASL mechanism"],
  34: ["ILLEGAL_SASL_STATE", "refused", "the listener expects, or does not expect, SASL"],
  35: ["UNSUPPORTED_VERSION", "refused", "the broker is older than Kafka 2.4"],
  36: ["TOPIC_ALREADY_EXISTS", "retry", "another has just made it"],
  37: ["INVALID_PARTITIONS", "refused", "no such number of partitions"],
  38: ["INVALID_REPLICATION_FACTOR", "refused", "more replicas than brokers"],
  39: ["INVALID_REPLICA_ASSIGNMENT", "refused", "a defect of ours: we assign none"],
  40: ["INVALID_CONFIG", "refused", "the broker does not know a topic setting"],
  41: ["NOT_CONTROLLER", "leader", "the controller has moved"],
  42: ["INVALID_REQUEST", "refused", "a defect of ours"],
  43: ["UNSUPPORTED_FOR_MESSAGE_FORMAT", "refused", "the topic keeps records in a format before transactions"],
  44: ["POLICY_VIOLATION", "refused", "the cluster's policy forbids such a topic"],
  45: ["OUT_OF_ORDER_SEQUENCE_NUMBER", "abort", "a batch before this one is missing: the producer cannot go on"],
  46: ["DUPLICATE_SEQUENCE_NUMBER", "retry", "was written before; the appender takes it as written"],
  47: ["INVALID_PRODUCER_EPOCH", "fenced", "a newer producer has the transactional id, or the transaction timed out"],
  48: ["INVALID_TXN_STATE", "abort", "the coordinator has ended this transaction"],
  49: ["INVALID_PRODUCER_ID_MAPPING", "fenced", "the transactional id has another producer id now"],
  50: ["INVALID_TRANSACTION_TIMEOUT", "refused", "larger than the broker's transaction.max.timeout.ms"],
  51: ["CONCURRENT_TRANSACTIONS", "retry", "the markers of the transaction before are still being written"],
  52: ["TRANSACTION_COORDINATOR_FENCED", "coordinator", "the coordinator has moved within the transaction"],
  53: ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "refused", "the user lacks a right on the transactional id"],
  55: ["OPERATION_NOT_ATTEMPTED", "abort", "another partition of the same request was refused"],
  56: ["KAFKA_STORAGE_ERROR", "leader", "a disk of this broker failed; another will lead"],
  58: ["SASL_AUTHENTICATION_FAILED", "refused", "user or password are wrong"],
  59: ["UNKNOWN_PRODUCER_ID", "abort", "the broker has forgotten the producer: it cannot tell what is doubled"],
  60: ["REASSIGNMENT_IN_PROGRESS", "retry", "partitions are moving"],
  69: ["GROUP_ID_NOT_FOUND", "lost", "the group is empty and forgotten"],
  70: ["FETCH_SESSION_ID_NOT_FOUND", "retry", "we use no fetch sessions; the next fetch is whole"],
  71: ["INVALID_FETCH_SESSION_EPOCH", "retry", "we use no fetch sessions; the next fetch is whole"],
  72: ["LISTENER_NOT_FOUND", "leader", "the leader has no such listener yet"],
  74: ["FENCED_LEADER_EPOCH", "leader", "the leader has moved"],
  75: ["UNKNOWN_LEADER_EPOCH", "leader", "this broker does not know of the move yet"],
  76: ["UNSUPPORTED_COMPRESSION_TYPE", "refused", "a batch is compressed in a way that this protocol version has not"],
  77: ["STALE_BROKER_EPOCH", "retry", "the broker has just started"],
  78: ["OFFSET_NOT_AVAILABLE", "retry", "a new leader does not know yet what is committed"],
  79: ["MEMBER_ID_REQUIRED", "join id", "the first answer to a new member"],
  80: ["PREFERRED_LEADER_NOT_AVAILABLE", "retry", "an election is under way"],
  81: ["GROUP_MAX_SIZE_REACHED", "refused", "more members than the broker's group.max.size"],
  82: ["FENCED_INSTANCE_ID", "lost", "another has our place; we use no instance ids"],
  83: ["ELIGIBLE_LEADERS_NOT_AVAILABLE", "retry", "an election is under way"],
  87: ["INVALID_RECORD", "refused", "the broker refuses the record, as one without a key on a compacted topic"],
  88: ["UNSTABLE_OFFSET_COMMIT", "retry", "the group's offsets wait for a transaction to end"],
  89: ["THROTTLING_QUOTA_EXCEEDED", "retry", "a quota is used up for now"],
  90: ["PRODUCER_FENCED", "fenced", "a newer producer has the transactional id"],
  97: ["PRINCIPAL_DESERIALIZATION_FAILURE", "refused", "a defect of the cluster"],
  100: ["UNKNOWN_TOPIC_ID", "leader", "the topic was made anew under its name"],
  103: ["INCONSISTENT_TOPIC_ID", "leader", "the topic was made anew under its name"],
  105: ["TRANSACTIONAL_ID_NOT_FOUND", "fenced", "the transactional id has expired: claim again"],
  106: ["FETCH_SESSION_TOPIC_ID_ERROR", "retry", "we use no fetch sessions; the next fetch is whole"],
  108: ["NEW_LEADER_ELECTED", "leader", "the leader has moved"],
  109: ["OFFSET_MOVED_TO_TIERED_STORAGE", "retry", "a replica is catching up from tiered storage"],
  110: ["FENCED_MEMBER_EPOCH", "lost", "the group has gone on without us"],
  113: ["STALE_MEMBER_EPOCH", "lost", "the group has gone on without us"],
  114: ["MISMATCHED_ENDPOINT_TYPE", "refused", "this is a controller's port, not a broker's"],
  120: ["TRANSACTION_ABORTABLE", "abort", "the coordinator asks to abort this transaction"],
  129: ["REBOOTSTRAP_REQUIRED", "leader", "all that we know of the cluster is old"],
};

/** What the codes of lacking rights are about. */
const RESOURCES: Readonly<Record<number, string>> = { 29: "topic", 30: "group", 31: "cluster", 53: "transactional id" };

/** The operation that a call needs, by how its place begins; Kafka's answer does not say it. */
const OPERATIONS: readonly (readonly [start: string, operation: string])[] = [
  ["append to ", "Write"],
  ["AddPartitionsToTxn ", "Write"],
  ["InitProducerId ", "Write"],
  ["fetch ", "Read"],
  ["producers of ", "Read"],
  ["JoinGroup ", "Read"],
  ["join ", "Read"],
  ["create topic ", "Create"],
  ["settings of ", "DescribeConfigs"],
];

/** Null when it is no matter of rights. */
function rightLacking(code: number, place: string): string | null {
  const resource = RESOURCES[code];
  if (resource === undefined) return null;
  if (place.startsWith("InitProducerId ") && resource === "cluster")
    return "the user lacks Write on any topic, which a producer needs: deploy/kafka/acls.sh has the rights of each role";
  const [start, operation] = OPERATIONS.find(([begin]) => place.startsWith(begin)) ?? ["", "Describe"];
  // A call about several partitions names the one behind a comma; others have a preposition or the call's name before it.
  const named = place.includes(", ") ? place.slice(place.lastIndexOf(", ") + 2) : place.slice(start.length);
  const [name = ""] = named.replace(/^.* (of|to) /, "").split(" ");
  return `the user lacks ${operation} on ${resource} ${name}: deploy/kafka/acls.sh has the rights of each role`;
}

/** A broker's answer that is an error; stays inside of the adapter. */
export class KafkaError extends Error {
  override name = "KafkaError";
  readonly code: number;
  readonly errorClass: ErrorClass;

  constructor(code: number, place: string) {
    const [name, errorClass, reason] = CODES[code] ?? ([`code ${code}`, "refused", NOT_LISTED] as const);
    super(`${place}: ${name} (${code}): ${rightLacking(code, place) ?? reason}`);
    this.code = code;
    this.errorClass = errorClass;
  }
}

/** The connection broke or gave no answer in time: whether the request was done, nobody knows. */
export class Disconnected extends Error {
  override name = "Disconnected";
}

/** Whether the same request may be sent again, perhaps elsewhere. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof Disconnected) return true;
  return error instanceof KafkaError && RETRIABLE.has(error.errorClass);
}

const RETRIABLE: ReadonlySet<ErrorClass> = new Set(["retry", "leader", "coordinator"]);

type Convert = (message: string, cause: unknown) => LogError;

const unavailable: Convert = (message, cause) => new LogUnavailable(message, { cause });
const refused: Convert = (message, cause) => new LogError(message, { cause });

/** What the port says for each errorClass, once asking again has not helped. */
const PORT: Readonly<Record<ErrorClass, Convert>> = {
  retry: unavailable,
  leader: unavailable,
  coordinator: unavailable,
  abort: unavailable,
  rejoin: unavailable,
  lost: (message, cause) => new Fenced(message, { cause }),
  fenced: (message, cause) => new Fenced(message, { cause }),
  "join id": refused,
  "no topic": (message, cause) => new UnknownTopic(message, { cause }),
  "too large": (message, cause) => new RecordTooLarge(message, { cause }),
  "out of range": refused,
  refused,
};

/** The port's error for whatever went wrong while nothing was being committed. */
export function portError(error: unknown): Error {
  if (error instanceof LogError) return error;
  if (error instanceof KafkaError) return PORT[error.errorClass](error.message, error);
  if (error instanceof Disconnected) return unavailable(error.message, error);
  return error instanceof Error ? error : new LogError(String(error));
}

/** The port's error for whatever went wrong once the end of a transaction was asked for. */
export function commitError(error: unknown): Error {
  const given = portError(error);
  if (given instanceof Fenced) return given;
  return new OutcomeUnknown(`the commit's outcome is unknown: ${given.message}`, { cause: error });
}
