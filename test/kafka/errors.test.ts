import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import {
  Fenced,
  LogError,
  LogUnavailable,
  OutcomeUnknown,
  RecordTooLarge,
  UnknownTopic,
} from "../../src/log/event-log.ts";
import {
  CODES,
  commitError,
  Disconnected,
  isPassing,
  KafkaError,
  portError,
} from "../../src/log/kafka/client/errors.ts";
import { connectionError, KAFKAJS, openingHint } from "../../src/log/kafka/client/kafkajs-errors.ts";

const codes = Object.keys(CODES).map(Number);

describe("Kafka's errors", () => {
  it.each([
    [47, Fenced, "INVALID_PRODUCER_EPOCH"],
    [49, Fenced, "INVALID_PRODUCER_ID_MAPPING"],
    [90, Fenced, "PRODUCER_FENCED"],
    [105, Fenced, "TRANSACTIONAL_ID_NOT_FOUND"],
    [25, Fenced, "UNKNOWN_MEMBER_ID"],
    [51, LogUnavailable, "CONCURRENT_TRANSACTIONS"],
    [16, LogUnavailable, "NOT_COORDINATOR"],
    [6, LogUnavailable, "NOT_LEADER_OR_FOLLOWER"],
    [45, LogUnavailable, "OUT_OF_ORDER_SEQUENCE_NUMBER"],
    [10, RecordTooLarge, "MESSAGE_TOO_LARGE"],
    [17, UnknownTopic, "INVALID_TOPIC_EXCEPTION"],
    [29, LogError, "TOPIC_AUTHORIZATION_FAILED"],
  ])("%i becomes %o, and its name is told: %s", (code, kind, name) => {
    const error = portError(new KafkaError(code, "here"));
    expect(error).toBeInstanceOf(kind);
    expect(error.name).toBe(new kind("").name);
    expect(error.message).toContain("here");
    expect(error.message).toContain(name);
  });

  it("each have a reason, and become one of the port's errors", () => {
    for (const code of codes) {
      const error = portError(new KafkaError(code, "here"));
      expect(error).toBeInstanceOf(LogError);
      expect(CODES[code]?.[2]).toMatch(/\w{3}/);
    }
  });

  it("that are newer than the table are refused, with their number", () => {
    const error = new KafkaError(9_999, "here");
    expect(isPassing(error)).toBe(false);
    expect(portError(error).message).toMatch(/code 9999.*newer/);
  });

  it("at a commit mean that its outcome is unknown, but for a newer owner", () => {
    for (const code of codes) {
      const error = commitError(new KafkaError(code, "commit"));
      const fenced = ["fenced", "lost"].includes(CODES[code]?.[1] ?? "");
      expect(error).toBeInstanceOf(fenced ? Fenced : OutcomeUnknown);
    }
    expect(commitError(new Disconnected("gone"))).toBeInstanceOf(OutcomeUnknown);
    expect(commitError(new LogUnavailable("closed"))).toBeInstanceOf(OutcomeUnknown);
  });

  it("of a lost connection pass, and mean at last that the log is away", () => {
    expect(isPassing(new Disconnected("gone"))).toBe(true);
    expect(portError(new Disconnected("gone"))).toBeInstanceOf(LogUnavailable);
  });
});

describe("kafkajs' errors", () => {
  const named = (name: string, message: string, more: object = {}): Error =>
    Object.assign(new Error(message), { name, ...more });
  const refusal = named("KafkaJSSASLAuthenticationError", "SASL PLAIN authentication failed: Closed connection");

  it("each have a meaning and a reason, and there are no others", () => {
    const theirs = createRequire(import.meta.url)("kafkajs/src/errors.js") as Record<string, unknown>;
    const classes = Object.keys(theirs).filter((name) => /^KafkaJS[A-Z]/.test(name));
    expect(classes.length).toBeGreaterThan(25);
    expect(Object.keys(KAFKAJS).toSorted()).toEqual(classes.toSorted());
    for (const [, reason] of Object.values(KAFKAJS)) expect(reason).toMatch(/\w{3}/);
  });

  it.each([
    ["KafkaJSConnectionClosedError", "Closed connection", Disconnected],
    ["KafkaJSRequestTimeoutError", "Request Produce timed out", Disconnected],
    ["KafkaJSConnectionError", "Failed to connect: DECODER routines::unsupported", LogError],
    ["KafkaJSServerDoesNotSupportApiKey", "no", LogError],
    ["TypeError", "a defect", LogError],
  ])("%s (%s) is told with the place", (name, message, kind) => {
    const error = connectionError(named(name, message), "host:1");
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toBe(`host:1: ${message}`);
  });

  it("with the broker's code mean what the code means", () => {
    const error = connectionError(named("KafkaJSProtocolError", "not expected", { code: 34 }), "host:1");
    expect([isPassing(error), error.message]).toEqual([false, expect.stringContaining("ILLEGAL_SASL_STATE")]);
  });

  it("of a system call pass", () => {
    expect(isPassing(connectionError(named("Error", "write EPIPE", { code: "EPIPE" }), "host:1"))).toBe(true);
  });

  it("of an authentication refuse the user, unless the connection broke meanwhile: that passes", () => {
    expect(connectionError(refusal, "host:1").message).toMatch(/host:1 refuses the user: .*check the SASL mechanism/);
    const broken = { error: named("KafkaJSConnectionClosedError", "Closed connection") };
    expect(isPassing(connectionError(refusal, "host:1", broken))).toBe(true);
    const wrong = { error: named("KafkaJSProtocolError", "invalid credentials", { code: 58 }) };
    expect(isPassing(connectionError(refusal, "host:1", wrong))).toBe(false);
  });

  it("that settings may have caused ask for them", () => {
    const none = { tls: false, sasl: false };
    expect(openingHint("Connection error: self-signed certificate", none)).toMatch(/authority to trust/);
    expect(openingHint("Closed connection", none)).toMatch(/TLS or SASL\?/);
    expect(openingHint("Closed connection", { tls: true, sasl: false })).toMatch(/want SASL\?/);
    expect(openingHint("Closed connection", { tls: true, sasl: true })).toBe("");
    expect(openingHint("connect ECONNREFUSED", none)).toBe("");
  });
});
