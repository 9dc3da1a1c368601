import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from "kafkajs";
import { describe, expect, it } from "vitest";
import {
  Fenced,
  LogError,
  LogUnavailable,
  OutcomeUnknown,
  RecordTooLarge,
  UnknownTopic,
} from "../../../src/log/event-log.ts";
import {
  CODES,
  commitError,
  Disconnected,
  isRetriable,
  KafkaError,
  portError,
} from "../../../src/log/kafka/client/errors.ts";
import { adminError } from "../../../src/log/kafka/client/admin.ts";
import { openingHint } from "../../../src/log/kafka/client/connection.ts";

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
    expect(isRetriable(error)).toBe(false);
    expect(portError(error).message).toMatch(/code 9999.*or newer/);
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
    expect(isRetriable(new Disconnected("gone"))).toBe(true);
    expect(portError(new Disconnected("gone"))).toBeInstanceOf(LogUnavailable);
  });
});

describe("kafkajs' errors", () => {
  const protocol = (code: number): Error =>
    new KafkaJSProtocolError(Object.assign(new Error("its words"), { code, type: "ITS_TYPE", retriable: false }));

  it("with the broker's code mean what the code means, also behind its count of tries", () => {
    const exceeded = new KafkaJSNumberOfRetriesExceeded(protocol(29), { retryCount: 0, retryTime: 0 });
    for (const error of [protocol(29), exceeded])
      expect(adminError(error, "settings of t")).toMatchObject({
        errorClass: "refused",
        message: expect.stringMatching(/settings of t: TOPIC_AUTHORIZATION_FAILED .*lacks DescribeConfigs on topic t/),
      });
  });

  it("of a connection pass", () => {
    expect(isRetriable(adminError(new KafkaJSConnectionError("Closed connection"), "here"))).toBe(true);
  });

  it("that asking again would not change are the port's, with the place", () => {
    const error = new KafkaJSNonRetriableError("no such api");
    const given = adminError(error, "here");
    expect([isRetriable(given), given]).toEqual([false, expect.any(LogError)]);
    expect(given.message).toBe("here: no such api");
  });
});

describe("a connection that breaks off while it opens", () => {
  const tls = () => ({});
  const sasl = { mechanism: "plain", username: "u", password: "p" } as const;

  it("asks for the settings that may have caused it", () => {
    const closed = "the broker closed the connection";
    expect(openingHint("self-signed certificate in chain", { tls, sasl: null })).toMatch(/authority to trust/);
    expect(openingHint("wrong version number", { tls, sasl: null })).toMatch(/speak TLS\?/);
    expect(openingHint(closed, { tls: null, sasl: null })).toMatch(/TLS or SASL\?/);
    expect(openingHint(closed, { tls: null, sasl })).toMatch(/want TLS\?/);
    expect(openingHint(closed, { tls, sasl: null })).toMatch(/want SASL\?/);
    expect(openingHint(closed, { tls, sasl })).toBe("");
    expect(openingHint("connect ECONNREFUSED", { tls: null, sasl: null })).toBe("");
  });
});
