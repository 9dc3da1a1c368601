// A broker on which every user has only the rights of its role, given by deploy/kafka/acls.sh with Kafka's own tool: the
// day runs, each part of it as its role; and whoever goes beyond its role is told which right it lacks.

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaJars } from "../../../../bin/servers/jars.mjs";
import { must } from "../../../../src/domain/assert.ts";
import { openShell, type Background, type Shell } from "../../../cli/shell.ts";
import { doorOf } from "../../../gateway/world.ts";
import { redemption, sessionLine, writeCampaign, writeRelease } from "../../../cli/small-campaign.ts";
import { startBroker, type RunningBroker } from "../../../../fixtures/broker.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const TOOLS = { pom: "test/kafka/acl-tools/pom.xml", what: "Kafka's tools", has: "kafka-tools-" };
const ROLES = ["allocator", "producer", "gateway", "consumer", "ops", "analyst"] as const;
type Role = (typeof ROLES)[number];
const PREFIX = "day.";

let broker: RunningBroker;
let run: Background;
const shells = new Map<Role, Shell>();
const as = (role: Role): Shell => must(shells.get(role), role);

beforeAll(async () => {
  broker = await startBroker({ secure: true, acls: true });
  const { sasl, ca, users } = must(broker.secure, "secure listeners");
  const jars = await kafkaJars(ROOT, () => undefined, TOOLS);
  const tool = `java -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp ${path.join(jars, "*")} org.apache.kafka.tools.AclCommand`;
  const env = { ...process.env, KAFKA_TOPIC_PREFIX: PREFIX, KAFKA_ACLS: tool };
  for (const role of ROLES)
    await promisify(execFile)(
      "sh",
      ["-f", path.join(ROOT, "deploy/kafka/acls.sh"), role, role, "--bootstrap-server", broker.brokers],
      { env },
    );
  for (const role of ROLES) {
    const { username, password } = must(
      users.find((user) => user.username === role),
      role,
    );
    shells.set(
      role,
      openShell({
        KAFKA_BROKERS: sasl,
        KAFKA_TLS: "true",
        KAFKA_TLS_CA: ca,
        KAFKA_SASL_MECHANISM: "plain",
        KAFKA_SASL_USERNAME: username,
        KAFKA_SASL_PASSWORD: password,
        KAFKA_TOPIC_PREFIX: PREFIX,
        STIPEND_HTTP: "127.0.0.1:0",
      }),
    );
  }
}, 300_000);
afterAll(async () => {
  for (const shell of shells.values()) shell.close();
  await broker.stop();
});

test("the day runs, each part of it by who has its role", async () => {
  await as("ops").ok("topics create");
  run = as("allocator").start("run --json");
  await run.said('"treasury":[0]');
  const { folder, release } = writeRelease(as("ops").folder, "first");
  await as("ops").ok(`campaign create ${writeCampaign(as("ops").folder)}`);
  await as("ops").ok(`releases publish ${folder} --campaign spring`);
  await as("ops").ok(`releases promote ${release.hash} --campaign spring --wait`);
  const lines = Array.from({ length: 20 }, (_, number) => sessionLine(number)).join("\n");
  await as("producer").ok("send sessions", `${lines}\n`);
  const decided = await as("analyst").until("tail decisions --json", ({ json }) => json.length === 20);
  const [given] = decided.json
    .map(({ value }) => value as Record<string, unknown>)
    .filter(({ arm }) => Number(arm) > 0);
  const outcome = redemption(must(given, "a decision with an incentive"), { converted: 1 });
  await as("producer").ok("send outcomes", `${JSON.stringify(outcome)}\n`);
  await as("analyst").until("tail settlements --json", ({ json }) => json.length > 0);
  expect(await as("analyst").run("verify")).toMatchObject({ code: 0 });
  await as("ops").ok(`users erase ${String(outcome.userId)}`);
  await as("analyst").until("tail sessions --json", ({ json }) =>
    json.some(({ key, erased }) => key === outcome.userId && erased === true),
  );
  expect(await as("ops").ok("pacing pause --campaign spring --wait")).toMatchObject({ outcome: "applied" });
  expect(await consumed(20)).toBe(20);
  const gateway = as("gateway").start("gateway --port 0 --json");
  const door = doorOf((JSON.parse(await gateway.said('"listening"')) as { address: string }).address);
  expect(await door.decide("by a gateway")).toMatchObject({ status: 200, body: { reason: "campaign_paused" } });
  const converted = { ...outcome, outcomeId: "o-2", kind: "converted" };
  expect(await door.ask("POST", "/v1/outcomes", { outcomes: [converted] })).toMatchObject({ status: 202 });
  expect(await door.ask("PUT", "/v1/profiles/u-1", { attributes: { vip: true } })).toMatchObject({ status: 202 });
  expect(await door.ask("GET", "/v1/users/u-1/history")).toMatchObject({ status: 200 });
  expect((await gateway.stop()).err).toBe("");
  const { address } = JSON.parse(await run.said('"event":"http"')) as { address: string };
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toContain('stipend_budget_minor{campaign="spring"');
  expect(metrics).toMatch(/^stipend_scrape_failures_total 0$/m);
  expect((await run.stop()).code).toBe(0);
  expect(run.err).toBe("");
}, 180_000);

describe("who goes beyond its role is told which right it lacks", () => {
  test.each<[Role, string, string, RegExp]>([
    [
      "producer",
      "pacing pause --campaign spring",
      "",
      /lacks Write on topic day\.budget-pacing: deploy\/kafka\/acls\.sh/,
    ],
    ["analyst", "send sessions", sessionLine(99), /lacks Write on any topic, which a producer needs/],
    ["producer", "users erase u-1", "", /lacks Write on topic day\.erasures/],
    ["producer", "tail decisions", "", /lacks Read on topic day\.decisions/],
    ["consumer", "verify", "", /lacks Read on topic day\.\S+/],
    [
      "analyst",
      "run --log text",
      "",
      /lacks (Read on group|Write on transactional id|Describe on (group|transactional id)) day\.stipend-/,
    ],
  ])("%s: %s", async (role, line, stdin, lacks) => {
    const { code, err, out } = await as(role).run(line, stdin);
    expect([code, err + out]).toEqual([1, expect.stringMatching(lacks) as string]);
  });
});

/** Decisions that a consumer of a group of its own has read. */
async function consumed(count: number): Promise<number> {
  const { sasl, ca } = must(broker.secure, "secure listeners");
  const consumer = new Kafka({
    brokers: [sasl],
    ssl: { ca: [readFileSync(ca, "utf8")] },
    sasl: { mechanism: "plain", username: "consumer", password: "consumer-password" },
    logLevel: logLevel.NOTHING,
  }).consumer({ groupId: "consumer.push" });
  let read = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [`${PREFIX}decisions`], fromBeginning: true });
  await consumer.run({ eachMessage: async () => void (read += 1) });
  await expect.poll(() => read, { timeout: 60_000 }).toBe(count);
  await consumer.disconnect();
  return read;
}
