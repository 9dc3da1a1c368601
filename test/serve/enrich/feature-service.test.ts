// The external feature service, as a real HTTP server on this machine that is fast, slow, failing or well again.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_EVENT_BYTES } from "../../../src/domain/session/session.ts";
import {
  createFeatureService,
  USERS_PER_REQUEST,
  type FeatureService,
} from "../../../src/serve/enrich/feature-service.ts";
import { openHarness, PATIENT_MS, type Harness } from "../harness.ts";

/** For slow services; what a busy machine adds to it is far below what the slow answer takes. */
const DEADLINE_MS = 150;
const SLOW_MS = 60_000;
const RETRY_AFTER_MS = 2_000;

type Behaviour = (users: readonly string[], response: ServerResponse, request: IncomingMessage) => void;

const fast: Behaviour = (users, response) => {
  const known = users.filter((user) => !user.startsWith("stranger"));
  response.end(JSON.stringify({ users: Object.fromEntries(known.map((user) => [user, { visits: 9 }])) }));
};

let server: Server;
let url: string;
let behaviour: Behaviour;
let asked: (readonly string[])[];
let service: FeatureService;
let harness: Harness;

beforeEach(async () => {
  behaviour = fast;
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { users } = JSON.parse(Buffer.concat(chunks).toString()) as { users: string[] };
      asked.push(users);
      behaviour(users, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/features`;
  await open(PATIENT_MS);
});

async function open(deadlineMs: number): Promise<void> {
  service = createFeatureService({ url, deadlineMs, retryAfterMs: RETRY_AFTER_MS });
  harness = await openHarness({ features: service });
  await harness.grant();
  await harness.run();
}

async function close(): Promise<void> {
  await harness.stop();
  service.close();
}

afterEach(async () => {
  await close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let number = 0;
/** One session without the visits that the service knows; its decision, and how long the cycle took. */
async function decided(user = `u${number}`, attributes: Readonly<Record<string, number | boolean>> = { vip: true }) {
  number += 1;
  const sessionId = `s${number}`;
  await harness.session(sessionId, user, { attributes });
  const startMs = performance.now();
  await harness.run();
  return { decision: await harness.decision(sessionId), tookMs: performance.now() - startMs };
}

const FAILURES: readonly (readonly [what: string, behaviour: Behaviour])[] = [
  ["500", (_, response) => response.writeHead(500).end(JSON.stringify({ users: {} }))],
  ["404 with a page", (_, response) => response.writeHead(404).end("<html>")],
  ["a redirect", (_, response) => response.writeHead(302, { location: url }).end()],
  ["a reset connection", (_, _response, request) => request.socket.destroy()],
  ["no JSON", (_, response) => response.end("certainly not")],
  ["half an answer", (_, response) => void response.write('{"users":{"u', () => response.socket?.destroy())],
  ["JSON of another shape", (_, response) => response.end(JSON.stringify([{ visits: 9 }]))],
  ["attributes that are objects", (users, response) => response.end(shaped(users, { visits: { last: 9 } }))],
  ["a number that JSON has not", (_, response) => response.end('{"users":{"u0":{"visits":NaN}}}')],
];

const shaped = (users: readonly string[], attributes: object): string =>
  JSON.stringify({ users: Object.fromEntries(users.map((user) => [user, attributes])) });

describe("a service that answers", () => {
  test("gives what the session, the profile and the aggregates do not say, and less weight than they have", async () => {
    expect((await decided()).decision).toMatchObject({ cluster: 1, degraded: false, reason: "planned" });
    await harness.profile("p1", { visits: 0 });
    expect((await decided("p1")).decision).toMatchObject({ cluster: 0, degraded: false });
    expect((await decided("p2", { vip: true, visits: 0 })).decision).toMatchObject({ cluster: 0, degraded: false });
  });

  test("does not degrade a user whom it does not know, unless a feature is missing", async () => {
    const whole = await decided("stranger-1", { vip: true, visits: 9 });
    expect(whole.decision).toMatchObject({ cluster: 1, degraded: false });
    const lacking = await decided("stranger-2");
    expect(lacking.decision).toMatchObject({ cluster: 0, degraded: true });
  });

  test("is asked once for each user of a batch, in requests of a stated size", async () => {
    const users = USERS_PER_REQUEST + 20;
    for (let user = 0; user < users; user += 1) {
      await harness.session(`a${user}`, `many-${user}`, { attributes: { vip: true } });
      if (user < 10) await harness.session(`b${user}`, `many-${user}`, { attributes: { vip: true } });
    }
    await harness.run();
    expect(asked.map((each) => each.length).toSorted((a, b) => a - b)).toEqual([20, USERS_PER_REQUEST]);
    expect(new Set(asked.flat()).size).toBe(users);
    expect((await harness.decisions()).filter((decision) => decision.degraded)).toEqual([]);
  });

  test("cannot fill a user's record: too much of one user counts as no answer for that user", async () => {
    behaviour = (users, response) =>
      response.end(shaped(users, { visits: 9, essay: "x".repeat(users.includes("large") ? MAX_EVENT_BYTES : 10) }));
    expect((await decided("large")).decision).toMatchObject({ cluster: 0, degraded: true });
    expect((await decided("small")).decision).toMatchObject({ cluster: 1, degraded: false });
  });

  test("that says something odd of one user of twenty degrades that one only, and not where nothing needed is odd", async () => {
    behaviour = (users, response) => {
      const of = (user: string) =>
        user === "u7" ? ["vip"] : user === "u8" ? { visits: 9, tags: ["a"] } : { visits: 9 };
      response.end(JSON.stringify({ users: Object.fromEntries(users.map((user) => [user, of(user)])) }));
    };
    for (let user = 0; user < 20; user += 1)
      await harness.session(`a${user}`, `u${user}`, { attributes: { vip: true } });
    await harness.run();
    expect(asked.length).toBe(1);
    const degraded = (await harness.decisions()).filter((decision) => decision.degraded);
    expect(degraded.map(({ userId }) => userId)).toEqual(["u7"]);
    expect(service.health()).toMatchObject({ answered: 1, failed: 0 });
    expect(service.health().lastFailure).toMatch(/^user u[78]: /);
  });

  test("that fails for one request of a batch degrades the users of that one only", async () => {
    behaviour = (users, response, request) =>
      users.length < USERS_PER_REQUEST ? void request.socket.destroy() : fast(users, response, request);
    for (let user = 0; user < USERS_PER_REQUEST + 5; user += 1)
      await harness.session(`a${user}`, `many-${user}`, { attributes: { vip: true } });
    await harness.run();
    const degraded = (await harness.decisions()).filter((decision) => decision.degraded);
    expect(degraded).toHaveLength(5);
  });
});

describe("a service that does not", () => {
  test.each(FAILURES)(
    "%s: the decision is made on defaults, degraded, and the next is well again",
    async (_, fails) => {
      behaviour = fails;
      expect((await decided()).decision).toMatchObject({ cluster: 0, degraded: true, reason: "planned" });
      behaviour = fast;
      expect((await decided()).decision).toMatchObject({ cluster: 1, degraded: false });
    },
  );

  test("nobody there: the same", async () => {
    const gone = createFeatureService({ url: "http://127.0.0.1:9/features", deadlineMs: DEADLINE_MS });
    expect(await gone.lookUp(["u1"])).toEqual(new Map());
    gone.close();
  });

  test("a slow one is not waited for beyond the deadline, not while its answer trickles in either", async () => {
    const trickle: Behaviour = (_, response) => {
      response.write('{"users":{');
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    };
    const slow: Behaviour = (users, response, request) => {
      const timer = setTimeout(() => fast(users, response, request), SLOW_MS);
      response.on("close", () => clearTimeout(timer));
    };
    await close();
    await open(DEADLINE_MS);
    for (const each of [slow, trickle]) {
      behaviour = each;
      const { decision, tookMs } = await decided();
      expect(decision).toMatchObject({ cluster: 0, degraded: true, reason: "planned" });
      expect(tookMs).toBeGreaterThan(DEADLINE_MS * 0.9);
      expect(tookMs).toBeLessThan(SLOW_MS / 6);
    }
  });
});

test("the breaker opens, decisions go on without asking, one request tries after a while, and it closes", async () => {
  behaviour = (_, response) => response.writeHead(503).end();
  for (let n = 0; n < 3; n += 1) expect((await decided()).decision.degraded).toBe(true);
  expect(asked.length).toBe(3);
  const openedMs = performance.now();
  let unasked = 0;
  for (; performance.now() - openedMs < RETRY_AFTER_MS / 2 && unasked < 20; unasked += 1)
    expect((await decided()).decision).toMatchObject({ degraded: true, reason: "planned" });
  expect(unasked).toBeGreaterThan(0);
  expect(asked.length).toBe(3);
  await sleep(RETRY_AFTER_MS + 50);
  const open = asked.length;
  // Still down: one try, and it is open again.
  for (let n = 0; n < 3; n += 1) expect((await decided()).decision.degraded).toBe(true);
  expect(asked.length).toBe(open + 1);
  await sleep(RETRY_AFTER_MS + 50);
  behaviour = fast;
  for (let n = 0; n < 5; n += 1) expect((await decided()).decision).toMatchObject({ degraded: false, cluster: 1 });
  expect(asked.length).toBe(open + 6);
});
