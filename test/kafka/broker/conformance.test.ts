import { describe } from "vitest";
import { conformance } from "../../log/conformance.ts";
import { model } from "../../log/model.ts";
import { KIND } from "../../log/recording-member.ts";
import { openKafkaFixture } from "../cluster-fixture.ts";
import { theBroker } from "../the-broker.ts";
import type { Adapter } from "../../log/fixture.ts";

const adapter: Adapter = {
  name: "kafka",
  marksApart: true,
  open: async () => openKafkaFixture((await theBroker()).brokers, KIND),
};

describe("the Kafka log", () => {
  conformance(adapter);
  model(adapter, 10);
});
