// The run's one broker. It starts when the first test asks for it (so that a run without such tests costs nothing) and
// stops with the run. Test files run in processes of their own and ask through a socket on the loopback.

import { createServer, type AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { startBroker, type RunningBroker } from "../../fixtures/broker.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Port that answers with where the broker is. */
    kafkaBroker: number;
  }
}

/** What the server answers: one line of JSON. */
export type BrokerAnswer =
  { readonly broker: Pick<RunningBroker, "brokers" | "dir" | "jars" | "pid" | "secure"> } | { readonly error: string };

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<RunningBroker> | null = null;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    starting ??= startBroker({ secure: true });
    starting
      .then(({ brokers, dir, jars, pid, secure }): BrokerAnswer => ({ broker: { brokers, dir, jars, pid, secure } }))
      .catch((error: unknown): BrokerAnswer => ({ error: error instanceof Error ? error.message : String(error) }))
      .then((answer) => socket.end(JSON.stringify(answer)))
      .catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("kafkaBroker", (server.address() as AddressInfo).port);
  return async () => {
    server.close();
    const broker = await starting?.catch(() => null);
    await broker?.stop();
  };
}
