// Where the run's broker is; starts it when nobody has asked before.

import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import type { BrokerAnswer } from "./run-broker.ts";

export async function theBroker(): Promise<Extract<BrokerAnswer, { broker: unknown }>["broker"]> {
  const answer: BrokerAnswer = JSON.parse(await text(connect(inject("kafkaBroker"), "127.0.0.1")));
  if ("error" in answer) throw new Error(answer.error);
  return answer.broker;
}
