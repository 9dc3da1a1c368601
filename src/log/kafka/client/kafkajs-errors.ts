// kafkajs' errors
// What each error of kafkajs means for us, by its name: a table over all of them (a test holds it against kafkajs' own
// list), and beside errors.ts the other half of law C5 on Kafka. Only a connection is used of kafkajs, and it throws few.
//
//   broken   the connection broke or was never there: the request may be sent again, if it may be doubled
//   by code  carries the broker's code: errors.ts knows it
//   refused  asking again would change nothing: a setting, a right, or a defect

import { LogError } from "../../event-log.ts";
import { CODES, Disconnected, KafkaError } from "./errors.ts";

type KafkajsMeaning = "broken" | "by code" | "refused";

const NOT_USED = "is of kafkajs' producer, consumer or admin, which are not used";

// prettier-ignore
export const KAFKAJS: Readonly<Record<string, readonly [meaning: KafkajsMeaning, reason: string]>> = {
  KafkaJSConnectionError: ["broken", "no connection could be made, or it broke"],
  KafkaJSConnectionClosedError: ["broken", "the broker has closed it"],
  KafkaJSRequestTimeoutError: ["broken", "no answer came in time: what comes later belongs to nobody"],
  KafkaJSProtocolError: ["by code", "the broker answered the SASL handshake with an error"],
  KafkaJSSASLAuthenticationError: ["refused", "mechanism, user or password; what broke off meanwhile is told apart"],
  KafkaJSServerDoesNotSupportApiKey: ["refused", "the broker is too old to be asked"],
  KafkaJSNotImplemented: ["refused", "the broker is too new for kafkajs' SASL"],
  KafkaJSNonRetriableError: ["refused", "the SCRAM answer is none"],
  KafkaJSInvariantViolation: ["refused", "a defect of kafkajs"],
  KafkaJSError: ["refused", "is only what the others extend"],
  KafkaJSOffsetOutOfRange: ["refused", NOT_USED],
  KafkaJSMemberIdRequired: ["refused", NOT_USED],
  KafkaJSNumberOfRetriesExceeded: ["refused", NOT_USED],
  KafkaJSMetadataNotLoaded: ["refused", NOT_USED],
  KafkaJSTopicMetadataNotLoaded: ["refused", NOT_USED],
  KafkaJSStaleTopicMetadataAssignment: ["refused", NOT_USED],
  KafkaJSDeleteGroupsError: ["refused", NOT_USED],
  KafkaJSBrokerNotFound: ["refused", NOT_USED],
  KafkaJSPartialMessageError: ["refused", NOT_USED],
  KafkaJSGroupCoordinatorNotFound: ["refused", NOT_USED],
  KafkaJSTimeout: ["refused", NOT_USED],
  KafkaJSLockTimeout: ["refused", NOT_USED],
  KafkaJSUnsupportedMagicByteInMessageSet: ["refused", NOT_USED],
  KafkaJSDeleteTopicRecordsError: ["refused", NOT_USED],
  KafkaJSInvalidVarIntError: ["refused", NOT_USED],
  KafkaJSInvalidLongError: ["refused", NOT_USED],
  KafkaJSCreateTopicError: ["refused", NOT_USED],
  KafkaJSAlterPartitionReassignmentsError: ["refused", NOT_USED],
  KafkaJSAggregateError: ["refused", NOT_USED],
  KafkaJSFetcherRebalanceError: ["refused", NOT_USED],
  KafkaJSNoBrokerAvailableError: ["refused", NOT_USED],
};

/** What was thrown before kafkajs made an authentication error of it, which does not tell. */
export interface Earlier {
  readonly error: unknown;
}

/** Our error for what a connection threw. */
export function connectionError(error: unknown, place: string, earlier: Earlier | null = null): Error {
  if (error instanceof KafkaError || error instanceof LogError || error instanceof Disconnected) return error;
  const { name, message } = error instanceof Error ? error : { name: "?", message: String(error) };
  const [meaning] = KAFKAJS[name] ?? [isSystemError(error) ? "broken" : "refused"];
  if (name === "KafkaJSSASLAuthenticationError") {
    if (earlier !== null && isBroken(earlier.error)) return connectionError(earlier.error, place);
    return new LogError(`${place} refuses the user: ${message}; check the SASL mechanism, user and password`);
  }
  if (meaning === "by code") return new KafkaError(codeOf(error), place);
  // TLS settings that cannot be used at all are thrown before anything is sent.
  if (meaning === "refused" || message.startsWith("Failed to connect:"))
    return new LogError(`${place}: ${message}`, { cause: error });
  return new Disconnected(`${place}: ${message}`, { cause: error });
}

function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof Disconnected || KAFKAJS[error.name]?.[0] === "broken";
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

function codeOf(error: unknown): number {
  const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : NaN;
  return Object.hasOwn(CODES, code) ? code : -1;
}

/** What a connection that broke off while it was being opened may mean: settings that do not fit the listener. */
export function openingHint(message: string, { tls, sasl }: { readonly tls: boolean; readonly sasl: boolean }): string {
  if (/certificate/i.test(message)) return "; is this the authority to trust, and the host that its certificate names?";
  if (/before secure TLS/.test(message)) return "; does this listener speak TLS?";
  if (!/Closed connection/.test(message)) return "";
  if (!tls) return sasl ? "; does this listener want TLS?" : "; does this listener want TLS or SASL?";
  return sasl ? "" : "; does this listener want SASL?";
}
