// The gateway before a real allocator on the embedded log: what each request is answered.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { given, openWorld, type Door, type World } from "./world.ts";

let world: World;
let door: Door;
let other: Door;
beforeAll(async () => {
  world = await openWorld();
  door = await world.gateway();
  other = await world.gateway();
});
afterAll(() => world.close());

describe("POST /v1/decisions", () => {
  it("answers with the decision that is on the topic", async () => {
    const body = await given(door, "first");
    const sessionId = String(body["sessionId"]);
    expect(body).toMatchObject({
      status: "decided",
      decisionId: `d-${sessionId}`,
      campaign: "spring",
      incentive: { arm: "small", faceMinor: 100, currency: "EUR", validUntil: expect.stringMatching(/^2.*Z$/) },
      reason: "planned",
      holdout: false,
      degraded: false,
    });
    const [row] = await world.rowsOf("decisions", `user of ${sessionId}`);
    expect(row).toMatchObject({
      value: { decisionId: `d-${sessionId}`, armId: "small", faceMinor: 100, release: body["release"] },
    });
  });

  it("gives nothing, and says why, where nothing may be given", async () => {
    expect(await door.decide("nowhere", { campaign: "none" })).toMatchObject({
      status: 200,
      body: { incentive: null, reason: "invalid_campaign", campaign: null },
    });
  });

  it("shows a user who has an incentive that one again", async () => {
    const first = await given(door, "once");
    expect(await door.decide("and once more", { userId: `user of ${String(first["sessionId"])}` })).toMatchObject({
      body: { incentive: first["incentive"], reason: "incentive_open" },
    });
  });

  it("answers the same id that comes at once, here and there, with one decision", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? door : other).decide("at once")),
    );
    const [{ body }] = answers as [(typeof answers)[0]];
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body });
    expect(await world.rowsOf("decisions", "user of at once")).toHaveLength(1);
  });

  it("knows an id of before its memory by reading its partition back, and does not write it again", async () => {
    const atMs = Date.now() - 300_000;
    const first = await door.decide("long ago", { atMs });
    const later = await world.gateway("", () => Date.now() + 660_000);
    expect(await later.decide("long ago", { atMs })).toMatchObject({ status: 200, body: first.body });
    expect((await later.decide("long ago", { atMs, surface: "app" })).status).toBe(409);
    expect(await world.rowsOf("sessions", "user of long ago")).toHaveLength(1);
  });

  it("refuses other content under an id that was seen, here and at another gateway", async () => {
    await door.decide("one content");
    const changes = [
      { attributes: { visits: 2, vip: false } },
      { surface: "app" },
      { userId: "another" },
      { atMs: Date.now() - 5_000 },
    ];
    for (const gateway of [door, other])
      for (const change of changes) {
        const { status, body } = await gateway.decide("one content", { atMs: Date.now(), ...change });
        expect([status, body["error"]], JSON.stringify(change)).toEqual([409, "session_conflict"]);
      }
    expect((await other.decide("one content")).status).toBe(200);
  });

  it("decides one of two contents that come at once under one id, and refuses the other", async () => {
    const atMs = Date.now();
    const answers = await Promise.all([
      door.decide("race", { atMs }),
      other.decide("race", { atMs: atMs - 1, attributes: { visits: 2, vip: false } }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await world.rowsOf("decisions", "user of race")).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no session id", { sessionId: undefined }, "sessionId"],
    ["an empty user id", { userId: "" }, "userId"],
    ["a user id that is too long", { userId: "é".repeat(200) }, "userId"],
    ["half a character in an id", { sessionId: "\ud800" }, "sessionId"],
    ["half a character in an attribute", { attributes: { vip: "\ud800" } }, "attributes.vip"],
    ["a number for an id", { sessionId: 7 }, "sessionId"],
    ["an attribute that is a list", { attributes: { tags: [] } }, "attributes.tags"],
    ["attributes that are none", { attributes: [] }, "attributes"],
    ["an unknown field", { attribute: {} }, "attribute"],
    ["a timeout of an hour", { timeoutMs: 3_600_000 }, "timeoutMs"],
    ["a time in seconds", { atMs: 1_750_000_000 }, "atMs"],
    ["a time that is to come", { atMs: Date.now() + 3_600_000 }, "atMs"],
    ["a time without an offset", { atMs: "2026-05-01T12:00" }, "atMs"],
  ])("refuses %s and names the field", async (_, change, field) => {
    const answer = await door.decide("wrong", change);
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid", field } });
    expect(answer.body["message"]).toEqual(expect.stringMatching(/.{10}/));
  });

  it("refuses what is larger than a session may be", async () => {
    expect(await door.decide("large", { attributes: { note: "x".repeat(20_000) } })).toMatchObject({
      status: 413,
      body: { error: "too_large" },
    });
    expect(await door.decide("larger", { attributes: { note: "x".repeat(80_000) } })).toMatchObject({ status: 413 });
  });

  it("takes whatever text ids and attributes hold", async () => {
    for (const text of ['"; drop', "<script>", "\u0000\u202e", "..\\/../", "__proto__", "constructor", "😀 é", "%2F"]) {
      const answer = await door.decide(`odd ${text}`, {
        userId: `u ${text}`,
        attributes: { visits: 1, vip: text, [`a ${text}`]: text },
      });
      expect([text, answer.status]).toEqual([text, 200]);
      const id = encodeURIComponent(String(answer.body["decisionId"]));
      expect((await door.ask("GET", `/v1/decisions/${id}`)).body).toEqual(answer.body);
      const { body } = await door.ask("GET", `/v1/users/${encodeURIComponent(`u ${text}`)}/history`);
      expect(body).toMatchObject({ userId: `u ${text}`, decisions: [{ sessionId: `odd ${text}` }] });
    }
  });
});

describe("a decision that is not there in time", () => {
  it("is pending, can be asked for later, and comes as soon as an allocator works again", async () => {
    await world.allocator.stop();
    const pending = await door.decide("late", { timeoutMs: 1_000 });
    expect(pending).toMatchObject({ status: 202, body: { status: "pending", decisionId: "d-late", incentive: null } });
    expect(await door.ask("GET", "/v1/decisions/d-late")).toMatchObject({ status: 202, body: { status: "pending" } });
    // Sent again it waits again, and is not written again.
    expect(await door.decide("late", { timeoutMs: 1_000 })).toMatchObject({ status: 202 });
    await world.startAllocator();
    expect(await door.decide("late")).toMatchObject({ status: 200, body: { decisionId: "d-late" } });
    expect(await door.ask("GET", "/v1/decisions/d-late")).toMatchObject({ status: 200 });
    expect(await world.rowsOf("sessions", "user of late")).toHaveLength(1);
  });
});

describe("GET /v1/decisions/{id}", () => {
  it("with a field of its query that there is not is refused, as in a body", async () => {
    for (const [path, field] of [
      ["/v1/decisions/d-any?user=u-1", "user"],
      ["/v1/users/u-1/history?limits=5", "limits"],
    ] as const)
      expect(await door.ask("GET", path)).toMatchObject({
        status: 400,
        body: { error: "invalid", message: "unknown field", field },
      });
  });

  it("finds what was decided before this gateway began, by the id alone or with its user", async () => {
    await door.decide("before");
    const fresh = await world.gateway();
    for (const query of ["", `?userId=${encodeURIComponent("user of before")}`])
      expect(await fresh.ask("GET", `/v1/decisions/d-before${query}`)).toMatchObject({
        status: 200,
        body: { sessionId: "before" },
      });
    expect(await fresh.ask("GET", "/v1/decisions/d-before?userId=another")).toMatchObject({ status: 404 });
  });

  it("answers 404 for what nobody has decided", async () => {
    expect(await door.ask("GET", "/v1/decisions/d-never")).toMatchObject({
      status: 404,
      body: { error: "unknown_decision" },
    });
  });
});

describe("a session that the allocator refuses", () => {
  it("is answered with the dead letter's reason, and may be sent put right", async () => {
    // Of a clock that runs an hour ahead of the allocator's.
    const ahead = await openAhead();
    const refused = await ahead.decide("ahead", { userId: "ahead" });
    expect(refused).toMatchObject({
      status: 422,
      body: { error: "refused", reason: "future", message: expect.stringMatching(/^atMs: /) },
    });
    expect(await door.decide("ahead", { userId: "ahead" })).toMatchObject({ status: 200 });
  });

  const openAhead = async (): Promise<Door> => await world.gateway("", () => Date.now() + 3_600_000);
});

describe("limits", () => {
  it("more requests than may wait are refused, and taken when others have their answer", async () => {
    const small = await world.gateway("--max-in-flight 1");
    await world.allocator.stop();
    const waiting = small.decide("waits");
    await world.shell.until("tail sessions --json", ({ out }) => out.includes("user of waits"));
    const refused = await small.decide("too many");
    expect([refused.status, refused.body["error"], refused.headers.get("retry-after")]).toEqual([429, "too_many", "1"]);
    await world.startAllocator();
    expect((await waiting).status).toBe(200);
    expect((await small.decide("too many")).status).toBe(200);
  });
});

it("tells what it takes as OpenAPI, and whether it is ready", async () => {
  const { body } = await door.ask("GET", "/openapi.json");
  const paths = body["paths"] as Record<
    string,
    Record<string, { operationId?: string; requestBody?: object; responses: object }>
  >;
  expect(Object.keys(paths)).toEqual([
    "/v1/decisions",
    "/v1/decisions/{id}",
    "/v1/users/{id}/history",
    "/v1/outcomes",
    "/v1/profiles/{userId}",
  ]);
  expect(Object.keys(paths["/v1/decisions"]?.["post"]?.responses ?? {})).toEqual([
    "200",
    "202",
    "400",
    "401",
    "403",
    "409",
    "413",
    "415",
    "422",
    "429",
    "503",
  ]);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((of) => ({ path, ...of })),
  );
  expect(operations.map(({ operationId }) => operationId)).toEqual([
    "decide",
    "getDecision",
    "getHistory",
    "tellOutcomes",
    "setProfile",
  ]);
  for (const { path, requestBody, responses } of operations) {
    const told = Object.keys(responses);
    expect([path, told.includes("413"), told.includes("415")]).toEqual([
      path,
      ...Array(2).fill(requestBody !== undefined),
    ]);
    expect([path, told.includes("414")]).toEqual([path, path.includes("{")]);
  }
  expect(await door.ask("GET", "/healthz")).toMatchObject({ status: 200 });
  expect(await door.ask("GET", "/readyz")).toMatchObject({ status: 200, body: { status: "ready" } });
});
