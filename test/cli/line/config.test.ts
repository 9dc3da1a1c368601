// The settings: what is wrong is refused at the start, by the setting's name; what is secret is never said.

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { describeSettings, loadConfig, unknownSettings, configWarnings } from "../../../src/settings/config.ts";
import { SETTINGS } from "../../../src/settings/table/settings.ts";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { tlsFiles } from "../../../src/workflows/connect/kafka-tls.ts";
import { openShell } from "../shell.ts";

const BROKERS = { KAFKA_BROKERS: "127.0.0.1:1" };
const folder = mkdtempSync(join(tmpdir(), "stipend-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a setting that is wrong is refused by its name, and all of them at once", () => {
  test.each<[Record<string, string>, RegExp]>([
    [{ STIPEND_PARTITIONS: "many" }, /^STIPEND_PARTITIONS: expected an integer, got "many"$/],
    [{ STIPEND_PARTITIONS: "0" }, /^STIPEND_PARTITIONS: expected at least 1, got 0$/],
    [{ STIPEND_APPLICATION: "a b" }, /^STIPEND_APPLICATION: expected letters/],
    [{ STIPEND_DIR: " " }, /^STIPEND_DIR: expected a folder, got nothing$/],
    [{ STIPEND_FEATURE_URL: "ftp://x" }, /^STIPEND_FEATURE_URL: expected a URL/],
    [{ STIPEND_FEATURE_URL: "http://u:hidden@127.0.0.1/" }, /^STIPEND_FEATURE_URL: expected a URL without a user/],
    [{ STIPEND_LOG_LEVEL: "loud" }, /^STIPEND_LOG_LEVEL: expected one of error, warn, info, debug, got "loud"$/],
    [{ STIPEND_TF_BACKEND: "gpu" }, /^STIPEND_TF_BACKEND: expected one of auto, native, wasm, got "gpu"$/],
    [{ KAFKA_BROKERS: "broker" }, /^KAFKA_BROKERS: expected host:port, with commas between them, got "broker"$/],
    [{ KAFKA_BROKERS: "a:1,,b:2" }, /^KAFKA_BROKERS: expected host:port/],
    [{ KAFKA_BROKERS: "::1:9092" }, /^KAFKA_BROKERS: [^]*: an IPv6 address stands in brackets, \[::1\]:9092$/],
    [{ KAFKA_BROKERS: "[::1]" }, /^KAFKA_BROKERS: expected host:port/],
    [{ KAFKA_BROKERS: "[beef]:9092" }, /^KAFKA_BROKERS: expected host:port/],
    [{ KAFKA_BROKERS: "a:70000" }, /^KAFKA_BROKERS: expected host:port/],
    [{ STIPEND_HTTP: "fe80::1" }, /^STIPEND_HTTP: [^]*in brackets/],
    [{ ...BROKERS, KAFKA_TLS: "yes" }, /^KAFKA_TLS: expected one of true, false, got "yes"$/],
    [{ ...BROKERS, KAFKA_REPLICATION: "-1" }, /^KAFKA_REPLICATION: expected at least 1, got -1$/],
    [{ ...BROKERS, KAFKA_SASL_MECHANISM: "gssapi" }, /^KAFKA_SASL_MECHANISM: expected one of plain, scram-sha-256/],
    [{ ...BROKERS, KAFKA_SESSION_TIMEOUT_MS: "5" }, /^KAFKA_SESSION_TIMEOUT_MS: expected at least 1000, got 5$/],
    [{ SCHEMA_REGISTRY_URL: "registry:8081" }, /^SCHEMA_REGISTRY_URL: expected a URL/],
    [{ SCHEMA_REGISTRY_URL: "http://127.0.0.1/?a=b" }, /^SCHEMA_REGISTRY_URL: expected a URL without \? and #/],
    [
      { SCHEMA_REGISTRY_URL: "http://:hidden@127.0.0.1/" },
      /^SCHEMA_REGISTRY_URL: give the user in SCHEMA_REGISTRY_USERNAME/,
    ],
    [{ STIPEND_PARTITIONS: "x", STIPEND_RETRAIN_ROWS: "y" }, /^STIPEND_PARTITIONS: [^]*\nSTIPEND_RETRAIN_ROWS: /],
  ])("%o", (env, message) => {
    expect(() => loadConfig(env, folder)).toThrow(InvalidInput);
    expect(() => loadConfig(env, folder)).toThrow(message);
    expect(() => loadConfig(env, folder)).not.toThrow(/hidden/);
  });
});

test.each([
  ["a:1,[::1]:9092, 127.0.0.1:9093", ["a:1", "[::1]:9092", "127.0.0.1:9093"]],
  ["[2001:db8::10]:9092", ["[2001:db8::10]:9092"]],
  ["[::ffff:127.0.0.1]:9092", ["[::ffff:127.0.0.1]:9092"]],
  ["[fe80::1%eth0]:9092", ["[fe80::1%eth0]:9092"]],
])("brokers by name and by address of either kind: %s", (typed, brokers) => {
  expect(loadConfig({ KAFKA_BROKERS: typed }, folder).kafkaBrokers).toEqual(brokers);
});

test("the port for probes may be at an IPv6 address", () => {
  expect(loadConfig({ STIPEND_HTTP: "[::1]:9464" }, folder).http).toEqual({ host: "::1", port: 9464 });
});

describe("a secret in a file", () => {
  const sasl = { ...BROKERS, KAFKA_SASL_MECHANISM: "scram-sha-256", KAFKA_SASL_USERNAME: "u" };
  const file = join(folder, "password");

  test("is read without its last line's end, and again after it has changed", () => {
    writeFileSync(file, "first\n");
    const { kafkaSaslPassword } = loadConfig({ ...sasl, KAFKA_SASL_PASSWORD_FILE: "password" }, folder);
    expect(kafkaSaslPassword?.value()).toBe("first");
    writeFileSync(file, "second");
    expect(kafkaSaslPassword?.value()).toBe("second");
    rmSync(file);
    expect(kafkaSaslPassword?.value()).toBe("second");
  });

  test("is refused by the setting's name when it cannot be had, or is given twice", () => {
    expect(() => loadConfig({ ...sasl, KAFKA_SASL_PASSWORD_FILE: "/nowhere" }, folder)).toThrow(
      /^KAFKA_SASL_PASSWORD_FILE: ENOENT/,
    );
    writeFileSync(file, "\n");
    expect(() => loadConfig({ ...sasl, KAFKA_SASL_PASSWORD_FILE: file }, folder)).toThrow(/password is empty/);
    const both = { ...sasl, KAFKA_SASL_PASSWORD_FILE: file, KAFKA_SASL_PASSWORD: "hidden" };
    expect(() => loadConfig(both, folder)).toThrow(/^KAFKA_SASL_PASSWORD: is given by KAFKA_SASL_PASSWORD_FILE too/);
    expect(() => loadConfig(both, folder)).not.toThrow(/hidden/);
  });

  test("and the user that it belongs to may be in one too", () => {
    writeFileSync(file, "hidden");
    writeFileSync(join(folder, "user"), "first\n");
    const { KAFKA_SASL_USERNAME: _, ...others } = sasl;
    const both = { ...others, KAFKA_SASL_USERNAME_FILE: "user", KAFKA_SASL_PASSWORD_FILE: "password" };
    const { kafkaSaslUsername } = loadConfig(both, folder);
    writeFileSync(join(folder, "user"), "second\n");
    expect(kafkaSaslUsername?.value()).toBe("second");
  });

  test("is known as a setting where one may be in a file, and nowhere else", () => {
    const names = ["KAFKA_SASL_PASSWORD_FILE", "KAFKA_SASL_USERNAME_FILE", "SCHEMA_REGISTRY_PASSWORD_FILE"];
    expect(unknownSettings(Object.fromEntries(names.map((name) => [name, "x"])))).toEqual([]);
    expect(unknownSettings({ KAFKA_TOPIC_PREFIX_FILE: "x" })).toHaveLength(1);
  });
});

test("a password that goes readably over the network is warned of", () => {
  const sasl = { ...BROKERS, KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "hidden" };
  expect(configWarnings(loadConfig(sasl, folder))).toEqual([
    expect.stringMatching(/^KAFKA_SASL_MECHANISM: plain .*KAFKA_TLS=true/),
  ]);
  expect(configWarnings(loadConfig({ ...sasl, KAFKA_TLS: "true" }, folder))).toEqual([]);
  expect(configWarnings(loadConfig({ ...sasl, KAFKA_SASL_MECHANISM: "scram-sha-512" }, folder))).toEqual([]);
});

describe("settings that are wrong together are refused by the name of the one to change", () => {
  const sasl = { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "hidden" };
  test.each<[Record<string, string>, RegExp]>([
    [{ KAFKA_TOPIC_PREFIX: "x." }, /^KAFKA_TOPIC_PREFIX: has no effect without KAFKA_BROKERS/],
    [{ KAFKA_SASL_PASSWORD: "hidden" }, /^KAFKA_SASL_PASSWORD: has no effect without KAFKA_BROKERS/],
    [{ ...BROKERS, KAFKA_TLS_CA: "ca.pem" }, /^KAFKA_TLS_CA: has no effect without KAFKA_TLS=true$/],
    [
      { ...BROKERS, KAFKA_TLS: "false", KAFKA_TLS_CA: "ca.pem" },
      /^KAFKA_TLS_CA: has no effect without KAFKA_TLS=true$/,
    ],
    [
      { ...BROKERS, KAFKA_TLS: "true", KAFKA_TLS_CERT: "c.pem" },
      /^KAFKA_TLS_CERT: has no effect without KAFKA_TLS_KEY/,
    ],
    [{ ...BROKERS, KAFKA_TLS: "true", KAFKA_TLS_KEY: "k.pem" }, /^KAFKA_TLS_KEY: has no effect without KAFKA_TLS_CERT/],
    [{ ...BROKERS, KAFKA_SASL_USERNAME: "u" }, /^KAFKA_SASL_USERNAME: has no effect without KAFKA_SASL_MECHANISM/],
    [
      { ...BROKERS, ...sasl, KAFKA_SASL_PASSWORD: "" },
      /^KAFKA_SASL_MECHANISM: has no effect without KAFKA_SASL_PASSWORD/,
    ],
    [{ SCHEMA_REGISTRY_USERNAME: "u" }, /^SCHEMA_REGISTRY_USERNAME: has no effect without SCHEMA_REGISTRY_URL/],
    [
      { ...BROKERS, SCHEMA_REGISTRY_URL: "http://127.0.0.1", SCHEMA_REGISTRY_USERNAME: "u" },
      /^SCHEMA_REGISTRY_USERNAME: has no effect without SCHEMA_REGISTRY_PASSWORD/,
    ],
    [
      { SCHEMA_REGISTRY_URL: "http://127.0.0.1", SCHEMA_REGISTRY_PASSWORD: "hidden" },
      /^SCHEMA_REGISTRY_PASSWORD: has no effect without SCHEMA_REGISTRY_USERNAME/,
    ],
    [
      { ...BROKERS, KAFKA_REPLICATION: "1", KAFKA_MIN_INSYNC_REPLICAS: "2" },
      /^KAFKA_MIN_INSYNC_REPLICAS: 2 replicas cannot be in sync where KAFKA_REPLICATION makes 1$/,
    ],
  ])("%o", (env, message) => {
    expect(() => loadConfig(env, folder)).toThrow(message);
    expect(() => loadConfig(env, folder)).not.toThrow(/hidden/);
  });

  test("and taken when they belong together", () => {
    const env = { ...BROKERS, ...sasl, KAFKA_TLS: "true", KAFKA_REPLICATION: "3", KAFKA_MIN_INSYNC_REPLICAS: "2" };
    expect(loadConfig(env, folder)).toMatchObject({
      kafkaBrokers: ["127.0.0.1:1"],
      kafkaSaslMechanism: "plain",
      kafkaTls: true,
      kafkaReplication: 3,
    });
  });
});

test("folders and files are absolute, and the local stores lie beside the log unless they are told where", () => {
  const near = loadConfig({}, folder);
  expect([near.dir, near.stateDir]).toEqual([resolve(folder, ".stipend/log"), resolve(folder, ".stipend/log-state")]);
  const far = loadConfig({ STIPEND_DIR: "a", STIPEND_STATE_DIR: "/b" }, folder);
  expect([far.dir, far.stateDir]).toEqual([resolve(folder, "a"), "/b"]);
});

test("names that look like settings and are none are pointed out; those of other tools are not", () => {
  const env = {
    STIPEND_PARTITION: "3",
    KAFKA_TOPICPREFIX: "x",
    KAFKA_SSL_CA: "y",
    KAFKA_HEAP_OPTS: "-Xmx1g",
    PATH: "/",
  };
  const sentences = unknownSettings({ ...env, STIPEND_DIR: "x", ...BROKERS });
  expect(sentences.map((sentence) => sentence.split(" ")[0])).toEqual([
    "STIPEND_PARTITION",
    "KAFKA_TOPICPREFIX",
    "KAFKA_SSL_CA",
  ]);
});

test("the help names every setting with its default", () => {
  const text = describeSettings();
  for (const { env, shown } of Object.values(SETTINGS)) {
    const line = text.split("\n").find((each) => each.startsWith(`  ${env} `));
    expect(line).toMatch(/\S \(default: [^]+\)$/);
    expect(line?.endsWith(`(default: ${shown})`)).toBe(true);
  }
  expect(text.split("\n")).toHaveLength(Object.keys(SETTINGS).length + 1);
});

describe("a file that a setting names", () => {
  test.each<[string, string, RegExp]>([
    ["KAFKA_TLS_CA", "nowhere.pem", /KAFKA_TLS_CA: ENOENT/],
    ["KAFKA_TLS_CA", "not-pem.txt", /KAFKA_TLS_CA: .*not-pem.txt is no PEM file/],
  ])("%s=%s is refused by the setting's name", async (name, file, message) => {
    writeFileSync(join(folder, "not-pem.txt"), "hello");
    const shell = openShell({ ...BROKERS, KAFKA_TLS: "true", [name]: join(folder, file) });
    const { code, err } = await shell.run("topics check");
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    shell.close();
  });
});

test("files for TLS are read again at each connection; amid a change, and when they are gone, there is what there was", () => {
  const [one = "", two = ""] = rootCertificates;
  const [ca, cert, key] = [join(folder, "ca.pem"), join(folder, "cert.pem"), join(folder, "key.pem")] as const;
  writeFileSync(ca, one);
  const tls = tlsFiles({ kafkaTlsCa: ca, kafkaTlsCert: null, kafkaTlsKey: null });
  expect(tls()).toEqual({ ca: one });
  writeFileSync(ca, two.slice(0, 100));
  expect(tls()).toEqual({ ca: one });
  writeFileSync(ca, two);
  expect(tls()).toEqual({ ca: two });
  rmSync(ca);
  expect(tls()).toEqual({ ca: two });
  writeFileSync(cert, one);
  writeFileSync(key, generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }));
  expect(() => tlsFiles({ kafkaTlsCa: null, kafkaTlsCert: cert, kafkaTlsKey: key })).toThrow(
    /^KAFKA_TLS_CERT, KAFKA_TLS_KEY: .*(mismatch|key)/,
  );
});
