// The gateway on a real broker: two of them side by side, one that is killed under load, and a broker that goes away.

import { afterEach, describe, expect, it } from "vitest";
import { killedUnderLoad, logAway } from "../../../gateway/trouble.ts";
import { openWorld, type World } from "../../../gateway/world.ts";
import { startBroker, type RunningBroker } from "../../../../fixtures/broker.ts";
import { theBroker } from "../../the-broker.ts";

let world: World | null = null;
let broker: RunningBroker | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
  await broker?.stop();
  broker = null;
});

const settings = (brokers: string, prefix: string) => ({
  KAFKA_BROKERS: brokers,
  KAFKA_TOPIC_PREFIX: `${prefix}${process.pid}.`,
  STIPEND_PARTITIONS: "3",
});

describe("gateways on a broker", () => {
  it("answer with the decision that is on the topic, each with the other's too", async () => {
    world = await openWorld(settings((await theBroker()).brokers, "gw-two-"));
    const [one, other] = [await world.gateway(), await world.gateway()];
    const ids = Array.from({ length: 30 }, (_, number) => `s-${number}`);
    const answers = await Promise.all(ids.map((id) => one.decide(id)));
    for (const [index, id] of ids.entries()) {
      const answer = answers[index];
      expect(answer).toMatchObject({ status: 200, body: { status: "decided", sessionId: id } });
      expect((await other.decide(id)).body).toEqual(answer?.body);
      expect((await other.decide(id, { surface: "app" })).status).toBe(409);
      expect((await other.ask("GET", `/v1/decisions/d-${id}`)).body).toEqual(answer?.body);
    }
    const { json } = await world.shell.run("tail decisions --json");
    expect(json).toHaveLength(ids.length);
  }, 120_000);

  it("killed under load lose no decision and double none", async () => {
    world = await openWorld(settings((await theBroker()).brokers, "gw-kill-"));
    await killedUnderLoad(world, 300);
    expect((await world.shell.run("verify")).code).toBe(0);
  }, 180_000);
});

describe("a broker that goes away", () => {
  it("is answered 503, and the gateway goes on when it is back", async () => {
    const away = await startBroker();
    broker = away;
    world = await openWorld(settings(away.brokers, "gw-away-"));
    await logAway(
      world,
      await world.gateway(),
      async () => void process.kill(away.pid, "SIGKILL"),
      async () => {
        broker = await startBroker({ dir: away.dir, port: Number(away.brokers.split(":")[1]) });
      },
    );
  }, 240_000);
});
