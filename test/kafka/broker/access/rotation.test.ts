// docs/OPERATIONS.md, Changing the user's password on Kafka: on a broker that asks for users, by Kafka's own kafka-configs, while an
// allocator runs that is never started anew. Its connections are broken where the page speaks of new ones.

import { execFile } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../../../../src/domain/assert.ts";
import { openShell, type Background, type Shell } from "../../../cli/shell.ts";
import { sessionLine } from "../../../cli/small-campaign.ts";
import { startBroker, type RunningBroker } from "../../../../fixtures/broker.ts";

const PATIENCE = { timeout: 90_000, interval: 500 };

let broker: RunningBroker;
let shell: Shell;
let run: Background;
let decided = 0;

beforeAll(async () => {
  broker = await startBroker({ secure: true });
  const { sasl, ca } = must(broker.secure, "secure listeners");
  shell = openShell({
    KAFKA_BROKERS: sasl,
    KAFKA_SESSION_TIMEOUT_MS: "6000",
    KAFKA_TLS: "true",
    KAFKA_TLS_CA: "ca.pem",
    KAFKA_SASL_MECHANISM: "scram-sha-512",
    KAFKA_SASL_USERNAME_FILE: "user",
    KAFKA_SASL_PASSWORD_FILE: "password",
    STIPEND_HTTP: "127.0.0.1:0",
  });
  copyFileSync(ca, file("ca.pem"));
  settings("scram-user-512", "scram-password-512");
  run = shell.start("run --json --without-retraining");
  await run.said('"treasury":[0]');
}, 180_000);
afterAll(async () => {
  shell.close();
  await broker.stop();
});

const file = (name: string): string => join(shell.folder, name);

function settings(user: string, password: string): void {
  writeFileSync(file("user"), `${user}\n`);
  writeFileSync(file("password"), `${password}\n`);
}

/** As an operator does it, on the listener that asks nobody. */
async function atBroker(user: string, password: string): Promise<void> {
  const jvm = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", join(broker.jars, "*"), "kafka.admin.ConfigCommand"];
  const alter = ["--alter", "--add-config", `SCRAM-SHA-512=[password=${password}]`];
  const whom = ["--entity-type", "users", "--entity-name", user];
  await promisify(execFile)("java", [...jvm, "--bootstrap-server", broker.brokers, ...alter, ...whom]);
}

/** As a network does it that breaks: this process's connections to the broker, the allocator's among them. */
function breakConnections(): void {
  const port = Number(must(broker.secure, "secure listeners").sasl.split(":")[1]);
  const handles = (process as unknown as { _getActiveHandles(): readonly unknown[] })._getActiveHandles();
  const broken = handles.filter((handle): handle is Socket => handle instanceof Socket && handle.remotePort === port);
  expect(broken.length).toBeGreaterThan(0);
  for (const socket of broken) socket.destroy();
}

async function readiness(): Promise<string> {
  const { address } = JSON.parse(await run.said('"event":"http"')) as { readonly address: string };
  return await fetch(`${address}/readyz`).then((response) => response.text());
}

async function decides(): Promise<void> {
  decided += 1;
  await shell.ok("send sessions", sessionLine(decided));
  await expect.poll(async () => (await shell.run("tail decisions --json")).json.length, PATIENCE).toBe(decided);
}

test("the file first, then the broker: who connects anew has the new password", async () => {
  await decides();
  settings("scram-user-512", "second-password");
  await atBroker("scram-user-512", "second-password");
  breakConnections();
  await decides();
}, 120_000);

test("the broker first: who connects anew is refused and tries again until the file has it", async () => {
  await atBroker("scram-user-512", "third-password");
  breakConnections();
  await expect
    .poll(readiness, PATIENCE)
    .toMatch(/refuses the user: .*tried again until the broker and the settings agree/);
  settings("scram-user-512", "third-password");
  await decides();
}, 180_000);

test("another user, in the files of both", async () => {
  await atBroker("stipend-2027", "fourth-password");
  settings("stipend-2027", "fourth-password");
  breakConnections();
  await decides();
}, 120_000);

test("an authority that is trusted from now on, and one that is none of the broker's until it is put right", async () => {
  writeFileSync(file("ca.pem"), must(rootCertificates[0], "an authority"));
  breakConnections();
  await expect.poll(readiness, PATIENCE).toMatch(/certificate/);
  copyFileSync(must(broker.secure, "secure listeners").ca, file("ca.pem"));
  await decides();
  expect((await run.stop()).code).toBe(0);
}, 180_000);
