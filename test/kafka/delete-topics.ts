// The topics of a test leave the run's broker with it.

import { Kafka, logLevel } from "kafkajs";
import { theBroker } from "./the-broker.ts";

export async function deleteTopics(prefix: string): Promise<void> {
  const { brokers } = await theBroker();
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: (await admin.listTopics()).filter((topic) => topic.startsWith(prefix)) });
  await admin.disconnect();
}
