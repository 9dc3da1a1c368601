// A listener whose users have to say again who they are every few seconds (KIP-368).

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../../../../src/domain/assert.ts";
import { BrokerConnection } from "../../../../src/log/kafka/client/connection.ts";
import { parseAddress } from "../../../../src/log/kafka/client/socket.ts";
import { metadata } from "../../../../src/log/kafka/protocol/calls.ts";
import { withDefaults, type KafkaSasl } from "../../../../src/log/kafka/settings.ts";
import { startBroker, type RunningBroker, type SecureListeners } from "../../../../fixtures/broker.ts";

const LIFETIME_MS = 2_000;

let broker: RunningBroker;
let secure: SecureListeners;
beforeAll(async () => {
  broker = await startBroker({ secure: true, reauthMs: LIFETIME_MS });
  secure = must(broker.secure, "secure listeners");
}, 120_000);
afterAll(() => broker.stop());

describe("an authentication that expires", () => {
  it.each(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])(
    "by %s is renewed on its connection, which goes on",
    async (name) => {
      const { username, password } = must(
        secure.users.find((user) => user.mechanism === name),
        name,
      );
      const mechanism = name.toLowerCase() as KafkaSasl["mechanism"];
      const tls = () => ({ ca: readFileSync(secure.ca, "utf8") });
      const settings = withDefaults({ brokers: [], clientId: "renews", tls, sasl: { mechanism, username, password } });
      const connection = new BrokerConnection(settings, parseAddress(secure.sasl));
      for (let asked = 0; asked < 30; asked += 1) {
        const { brokers } = await connection.send(metadata([]));
        expect(brokers).toHaveLength(1);
        await sleep(LIFETIME_MS / 10);
      }
      expect(connection.usable).toBe(true);
      connection.close();
    },
  );
});
