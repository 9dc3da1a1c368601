// @ts-check
// Listeners with TLS and SASL for a development broker, so that the settings for them can be tried on a real one. The
// users and passwords are no secrets: they open a broker on this machine's loopback that anybody here could start.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { outputOf } from "./jars.mjs";
import { SetupFailed } from "../setup/npm.mjs";

const run = promisify(execFile);

const SECURE_USERS = [
  { mechanism: "PLAIN", username: "plain-user", password: "plain-password" },
  { mechanism: "SCRAM-SHA-256", username: "scram-user", password: "scram-password" },
  { mechanism: "SCRAM-SHA-512", username: "scram-user-512", password: "scram-password-512" },
];

/** For the roles of deploy/kafka/acls.sh. */
const ROLE_USERS = ["allocator", "producer", "gateway", "consumer", "ops", "analyst"].map((username) => ({
  mechanism: "PLAIN",
  username,
  password: `${username}-password`,
}));

/** @param {boolean} acls */
export function secureUsers(acls) {
  return acls ? [...SECURE_USERS, ...ROLE_USERS] : SECURE_USERS;
}

const KEYSTORE = "broker.p12";
const KEYSTORE_PASSWORD = "broker-keystore";

/**
 * A certificate for localhost, signed by itself, that clients can be told to trust; by the JDK's own tool, since a broker
 * needs a JDK anyway.
 * @param {string} dir
 */
export async function makeCertificate(dir) {
  const folder = path.join(dir, "tls");
  const [keystore, ca] = [path.join(folder, KEYSTORE), path.join(folder, "ca.pem")];
  if (existsSync(keystore) && existsSync(ca)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const store = ["-alias", "broker", "-storetype", "PKCS12", "-keystore", keystore, "-storepass", KEYSTORE_PASSWORD];
  const subject = ["-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1", "-ext", "bc:c"];
  try {
    await run("keytool", [
      "-genkeypair",
      ...store,
      "-keyalg",
      "RSA",
      "-keysize",
      "2048",
      "-validity",
      "3650",
      ...subject,
    ]);
    await run("keytool", ["-exportcert", "-rfc", "-file", ca, ...store]);
  } catch (error) {
    throw new SetupFailed(`--secure makes a certificate with the JDK's keytool, which failed:\n${outputOf(error)}`);
  }
}

/** Users of the listeners with SASL may do what rights say; the plain listener's may do all. */
const AUTHORIZER = [
  "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "allow.everyone.if.no.acl.found=false",
  "super.users=User:ANONYMOUS",
];

/** @param {{ dir: string, acls: boolean, reauthMs: number }} node @param {{ tls: number, sasl: number }} ports */
export function secureProperties({ dir, acls, reauthMs }, ports) {
  const sasl = "listener.name.sasl";
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const plain = secureUsers(acls).filter((user) => user.mechanism === "PLAIN");
  const users = plain.map((user) => `user_${user.username}="${user.password}"`).join(" ");
  return {
    listeners: [`TLS://localhost:${ports.tls}`, `SASL://localhost:${ports.sasl}`],
    protocols: ["TLS:SSL", "SASL:SASL_SSL"],
    lines: [
      ...["tls", "sasl"].flatMap((name) => [
        `listener.name.${name}.ssl.keystore.type=PKCS12`,
        `listener.name.${name}.ssl.keystore.location=${path.join(dir, "tls", KEYSTORE)}`,
        `listener.name.${name}.ssl.keystore.password=${KEYSTORE_PASSWORD}`,
      ]),
      "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
      `${sasl}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`,
      `${sasl}.scram-sha-256.sasl.jaas.config=${scram}`,
      `${sasl}.scram-sha-512.sasl.jaas.config=${scram}`,
      `${sasl}.connections.max.reauth.ms=${reauthMs}`,
      ...(acls ? AUTHORIZER : []),
    ],
  };
}
