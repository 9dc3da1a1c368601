// A feature service is asked once before the start: what no waiting will change is told from what may pass.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { checkFeatureService } from "../../../src/serve/enrich/feature-check.ts";

async function checked(respond: (response: ServerResponse, asked: string) => void, patienceMs = 30_000) {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => respond(response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await checkFeatureService(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, patienceMs);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("a feature service", () => {
  test("that answers for no users is good", async () => {
    let asked = "";
    const check = await checked((response, body) => {
      asked = body;
      response.end('{"users":{}}');
    });
    expect([check, asked]).toEqual([{ found: "good" }, '{"users":[]}']);
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["at another path", (response) => response.writeHead(404).end(), /404: there is no feature service at this path/],
    ["that takes no POST", (response) => response.writeHead(405).end(), /405/],
    ["behind a login", (response) => response.writeHead(401).end(), /401: it asks who is there/],
    ["that has moved", (response) => response.writeHead(301, { location: "/y" }).end(), /301: .* not followed/],
    ["that is a web page", (response) => response.end("<html>"), /its answer is not/],
    ["of another protocol", (response) => response.end('{"features":[]}'), /its answer is not/],
  ])("%s is wrong", async (_, respond, because) => {
    expect(await checked(respond)).toEqual({ found: "wrong", because: expect.stringMatching(because) as string });
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["that fails", (response) => response.writeHead(503).end(), /503/],
    ["that hangs up", (response) => response.destroy(), /fetch failed/],
  ])("%s is away, and may be back", async (_, respond, because) => {
    expect(await checked(respond)).toEqual({ found: "away", because: expect.stringMatching(because) as string });
  });

  test("that does not answer in time is away", async () => {
    expect(await checked(() => undefined, 50)).toMatchObject({ found: "away" });
  });

  test("is away when nobody listens, and wrong where no request can go", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await checkFeatureService(`http://127.0.0.1:${port}/`)).toMatchObject({ found: "away" });
    // A port of a service that fetch never speaks to.
    expect(await checkFeatureService("http://127.0.0.1:22/")).toMatchObject({
      found: "wrong",
      because: expect.stringContaining("bad port") as string,
    });
  });
});
