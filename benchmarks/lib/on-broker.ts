// A broker for a benchmark, or a cluster of some: started for it, in a folder that goes with it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brokersOption } from "../../fixtures/script.ts";
import { openKafkaLog, type KafkaLog } from "../../src/log/kafka/log.ts";
import { startBroker, type RunningBroker } from "../../fixtures/broker.ts";

export interface BrokerOf {
  /** Of the folder. */
  readonly name: string;
  /** Of the Java process's heap. */
  readonly memory?: string;
  readonly brokers?: number;
}

export interface OnBroker {
  readonly folder: string;
  readonly broker: RunningBroker;
}

/** Work on a broker of its own, in a folder of its own; both are gone when it is over. */
export async function onBroker<T>(of: BrokerOf, work: (on: OnBroker) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `stipend-bench-${of.name}-`));
  const memory = of.memory === undefined ? {} : { memory: of.memory };
  const broker = await startBroker({ dir: path.join(folder, "broker"), brokers: of.brokers ?? 1, ...memory });
  try {
    return await work({ folder, broker });
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same, with a log on it, under the prefix. */
export async function onLog<T>(
  of: BrokerOf & { readonly prefix: string },
  work: (on: OnBroker & { readonly log: KafkaLog }) => Promise<T>,
): Promise<T> {
  return await onBroker(of, async (on) => {
    const settings = { brokers: on.broker.brokers.split(","), clientId: "bench", topicPrefix: of.prefix };
    const log = await openKafkaLog(settings, () => Date.now());
    try {
      return await work({ ...on, log });
    } finally {
      await log.close();
    }
  });
}

/** `--brokers 3`: on a cluster of three as well. */
export const BROKERS = brokersOption("3: on a cluster of three, and on one broker beside it");
