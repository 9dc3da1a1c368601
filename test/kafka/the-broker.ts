// Where the run's broker is; starts it when nobody has asked before.

import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import type { DeskAnswer } from "./run-broker.ts";

export async function theBroker(): Promise<Extract<DeskAnswer, { broker: unknown }>["broker"]> {
  const answer: DeskAnswer = JSON.parse(await text(connect(inject("kafkaDesk"), "127.0.0.1")));
  if ("error" in answer) throw new Error(answer.error);
  return answer.broker;
}
