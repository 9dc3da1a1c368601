// A feature service that fails when it is told to.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeService {
  readonly url: string;
  fails: boolean;
  close(): void;
}

export async function startFeatures(): Promise<FakeService> {
  const server = createServer((_, response) => response.writeHead(service.fails ? 500 : 200).end('{"users":{}}'));
  server.listen(0, "127.0.0.1");
  const service = {
    fails: false,
    url: "",
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  await once(server, "listening");
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return service;
}
