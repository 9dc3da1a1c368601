// @ts-check
// Listeners with TLS and SASL for a development broker, so that the settings for them can be tried on a real one. The
// users and passwords are no secrets: they open a broker on this machine's loopback that anybody here could start.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { SetupFailed } from "./npm.mjs";

const run = promisify(execFile);

export const SECURE_USERS = [
  { mechanism: "PLAIN", username: "plain-user", password: "plain-password" },
  { mechanism: "SCRAM-SHA-256", username: "scram-user", password: "scram-password" },
  { mechanism: "SCRAM-SHA-512", username: "scram-user-512", password: "scram-password-512" },
];

/** A certificate for localhost, signed by itself, that clients can be told to trust. @param {string} dir */
export async function makeCertificate(dir) {
  const folder = path.join(dir, "tls");
  if (existsSync(path.join(folder, "broker.pem"))) return;
  mkdirSync(folder, { recursive: true });
  const [key, ca] = [path.join(folder, "key.pem"), path.join(folder, "ca.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  try {
    await run("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "3650",
      "-keyout",
      key,
      "-out",
      ca,
      ...subject,
    ]);
  } catch (error) {
    throw new SetupFailed(`--secure makes a certificate with openssl, which failed: ${String(error)}`);
  }
  writeFileSync(path.join(folder, "broker.pem"), readFileSync(key, "utf8") + readFileSync(ca, "utf8"));
}

/** @param {string} dir @param {{ tls: number, sasl: number }} ports */
export function secureProperties(dir, ports) {
  const sasl = "listener.name.sasl";
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const plain = SECURE_USERS.filter((user) => user.mechanism === "PLAIN");
  const users = plain.map((user) => `user_${user.username}="${user.password}"`).join(" ");
  return {
    listeners: [`TLS://localhost:${ports.tls}`, `SASL://localhost:${ports.sasl}`],
    protocols: ["TLS:SSL", "SASL:SASL_SSL"],
    lines: [
      ...["tls", "sasl"].flatMap((name) => [
        `listener.name.${name}.ssl.keystore.type=PEM`,
        `listener.name.${name}.ssl.keystore.location=${path.join(dir, "tls", "broker.pem")}`,
      ]),
      "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
      `${sasl}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
      `${sasl}.scram-sha-256.sasl.jaas.config=${scram}`,
      `${sasl}.scram-sha-512.sasl.jaas.config=${scram}`,
    ],
  };
}
