// Whoever reaches the port can send it anything: it answers or closes, and the process goes on.

import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isLoopback } from "../../src/http/address.ts";
import { serveHttp, type HttpServer } from "../../src/observe/http.ts";
import { seededRandom } from "../../src/domain/random.ts";

let http: HttpServer;

beforeEach(async () => {
  const metrics = { scrape: async () => ({ text: "one 1\n", contentType: "text/plain" }) };
  http = await serveHttp({ host: "127.0.0.1", port: 0, metrics, conditions: () => [] });
});
afterEach(() => http.close());

const port = (): number => Number(new URL(http.address).port);

/** All that comes back for these bytes until the connection ends, or until a moment after the answer. */
async function sent(bytes: string | Buffer, patienceMs = 5_000): Promise<string> {
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port(), "127.0.0.1", () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString("latin1"));
    };
    socket.setTimeout(patienceMs, end);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", end).on("close", end);
  });
}

async function statusOf(target: string, headers: readonly string[] = [], method = "GET"): Promise<number> {
  const own = headers.some((header) => /^host:/i.test(header)) ? [] : [`Host: 127.0.0.1:${port()}`];
  const lines = [`${method} ${target} HTTP/1.1`, ...own, ...headers, "Connection: close", "", ""];
  return Number((await sent(lines.join("\r\n"))).split(" ")[1]);
}

describe("a hostile request", () => {
  it("for a path that is no URL gets an answer", async () => {
    for (const target of [
      "//",
      "///",
      "//healthz",
      "/\\",
      "//[",
      "//a:b",
      "http://[",
      "http:",
      "*",
      "healthz",
      "/%",
      "/%00",
    ])
      expect([400, 404], target).toContain(await statusOf(target));
    expect(await statusOf("//")).toBe(404);
    expect(await statusOf("http://127.0.0.1/healthz?a=//")).toBe(200);
    expect(await statusOf("/healthz?x=//#y")).toBe(200);
  });

  it("with a body, a large header or another method is refused", async () => {
    expect(await statusOf("/healthz", ["Content-Length: 1"])).toBe(413);
    expect(await statusOf("/healthz", ["Transfer-Encoding: chunked"])).toBe(413);
    expect(await statusOf("/healthz", [`X: ${"a".repeat(9_000)}`])).toBe(431);
    expect(await statusOf(`/${"a".repeat(9_000)}`)).toBe(431);
    for (const method of ["POST", "OPTIONS", "TRACE", "DELETE"])
      expect([method, await statusOf("/healthz", [], method)]).toEqual([method, 405]);
  });

  it("under a foreign name is refused on loopback, so that no page of a browser reads the metrics", async () => {
    expect(await statusOf("/metrics", ["Host: rebound.example"])).toBe(421);
    expect(await statusOf("/metrics", ["Host: 127.0.0.1.rebound.example:80"])).toBe(421);
    expect(await statusOf("/metrics", ["Host:"])).toBe(421);
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9464"])
      expect([host, await statusOf("/metrics", [`Host: ${host}`])]).toEqual([host, 200]);
  });

  it("that is never finished is ended, and does not keep others out", async () => {
    const slow = sent("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", 60_000);
    expect(await statusOf("/healthz")).toBe(200);
    expect(await slow).toMatch(/^HTTP\/1.1 408 /);
  });

  it("of drawn bytes never ends the process", async () => {
    const random = seededRandom(7);
    const pieces = [
      ...[
        "GET ",
        "CONNECT ",
        "//",
        "/",
        " HTTP/1.1",
        "HTTP/9.9",
        "\r\n",
        "\r\n\r\n",
        "\0",
        "é",
        "?",
        "#",
        "%",
        ":",
        "[",
        "@",
      ],
      ...["Upgrade: websocket\r\nConnection: upgrade\r\n", "Expect: x\r\n", "Content-Length: -1\r\n", "Host: x\r\n"],
    ];
    const drawn = (): string =>
      Array.from({ length: random.below(8) }, () => pieces[random.below(pieces.length)]).join("");
    for (let round = 0; round < 100; round += 1) {
      await sent(drawn(), 20);
      await sent(`GET /${drawn()} HTTP/1.1\r\nHost: localhost\r\n${drawn()}\r\n\r\n`, 20);
    }
    expect(await statusOf("/healthz")).toBe(200);
  });
});

it("more connections than the port takes are closed, and it answers again when they have gone", async () => {
  const idle = Array.from({ length: 80 }, () => connect(port(), "127.0.0.1").on("error", () => undefined));
  const closed = await Promise.all(
    idle.map(
      (socket) =>
        new Promise<boolean>((resolve) => {
          socket.on("close", () => resolve(true));
          setTimeout(() => resolve(false), 1_500);
        }),
    ),
  );
  expect(closed.filter(Boolean).length).toBeGreaterThanOrEqual(16);
  for (const socket of idle) socket.destroy();
  await expect.poll(async () => await statusOf("/healthz"), { timeout: 10_000 }).toBe(200);
});

it("an address that others reach is not taken for loopback", () => {
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example", ""])
    expect([host, isLoopback(host)]).toEqual([host, false]);
});

it("an IPv6 address is written with brackets", async () => {
  const metrics = { scrape: async () => ({ text: "", contentType: "text/plain" }) };
  const six = await serveHttp({ host: "::1", port: 0, metrics, conditions: () => [] });
  expect(six.address).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(`${six.address}/healthz`)).status).toBe(200);
  await six.close();
});
