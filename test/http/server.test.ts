// Whoever reaches a door can send it anything: it is answered in one form, and only whose token has the scope comes in.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { get as httpsGet } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parseTokens, tokenFile } from "../../src/http/tokens.ts";
import { openDoor, type Door } from "./door.ts";

const SHOP = "shop-token-0123456789";
const ANALYST = "analyst-token-0123456789";
const FILE = `# who, what, token\nshop decide ${SHOP}\n\nanna read,command ${ANALYST}\n`;

let door: Door;
afterEach(() => door.app.close());

async function asked(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const answer = await fetch(`${door.address}${path}`, init);
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}
const post = (body: string, type = "application/json") =>
  asked("/echo", { method: "POST", body, headers: { "content-type": type } });
const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

describe("a request", () => {
  it("that is wrong is refused with the field and what is wrong with it", async () => {
    door = await openDoor();
    expect(await post('{"age": 1}')).toMatchObject({ status: 200, body: { age: 1 } });
    expect(await post('{"age": "x"}')).toMatchObject({
      status: 400,
      body: { error: "invalid", field: "age", message: 'expected a number, got "x"' },
    });
    expect(await post('{"age": 1, "deep": [{"a": "b"}, {}]}')).toMatchObject({
      status: 400,
      body: { field: "deep.1.a" },
    });
    expect(await post('{"age": 1, "ago": 1}')).toMatchObject({
      status: 400,
      body: { field: "ago", message: "unknown field" },
    });
    for (const body of ["[]", "null", "1", '{"age": 1e999}'])
      expect([body, (await post(body)).status]).toEqual([body, 400]);
    for (const body of ["", "{", '{"age": NaN}', '{"age": 1, "__proto__": {}}'])
      expect([body, await post(body)]).toMatchObject([
        body,
        { status: 400, body: { error: "invalid", field: "body", message: expect.stringMatching(/JSON/) } },
      ]);
    for (const type of ["application/x-www-form-urlencoded", "text/plain"])
      expect([type, await post('{"age": 1}', type)]).toMatchObject([
        type,
        {
          status: 415,
          body: { error: "not_json", message: expect.stringContaining("content-type: application/json") },
        },
      ]);
  });

  it("that is not UTF-8 is refused: replaced characters would make one id of two", async () => {
    door = await openDoor();
    const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, "latin1"));
    for (const type of ["application/json", "application/json; charset=iso-8859-1"])
      expect(
        await asked("/echo", {
          method: "POST",
          body: bytes('{"age": 1, "deep": [{"a": "Müller"}]}'),
          headers: { "content-type": type },
        }),
      ).toMatchObject({ status: 400, body: { error: "invalid", field: "body", message: "expected UTF-8" } });
    expect(await post('\ufeff{"age": 1, "deep": [{"a": "Müller"}]}')).toMatchObject({
      status: 200,
      body: { deep: [{ a: "Müller" }] },
    });
  });

  it("that is too large is refused before it is read", async () => {
    door = await openDoor({ bounds: { bodyBytes: 100 } });
    expect(await post(`{"age": 1${" ".repeat(100)}}`)).toMatchObject({ status: 413, body: { error: "too_large" } });
    expect((await post(`"${"x".repeat(100)}"`)).body).toMatchObject({ message: "expected at most 100 bytes" });
    const answer = await fetch(`${door.address}/open`, { headers: { x: "a".repeat(9_000) } });
    expect(answer.status).toBe(431);
  });

  it("that no route is asked for is refused in the same form", async () => {
    door = await openDoor();
    expect(await asked("/of/%E0%A4")).toMatchObject({ status: 400, body: { error: "invalid", field: "path" } });
    expect(await asked(`/of/${"a".repeat(2_000)}`)).toMatchObject({
      status: 414,
      body: { error: "too_long", field: "path" },
    });
    for (const [bytes, status, error] of [
      ["no request\r\n\r\n", 400, "invalid"],
      [`GET /${"a".repeat(9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431, "too_large"],
    ] as const) {
      const [head = "", body = ""] = (await raw(bytes)).split("\r\n\r\n");
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(JSON.parse(body)).toMatchObject({ error, message: expect.stringMatching(/.{10}/) });
    }
  });

  it("for what is not there, or whose answer broke, is told no more than that", async () => {
    door = await openDoor();
    expect(await asked("/none")).toMatchObject({ status: 404, body: { error: "not_found" } });
    const broken = await asked("/broken");
    expect(broken).toMatchObject({ status: 500, body: { error: "internal" } });
    expect(JSON.stringify(broken.body)).not.toContain("a detail");
    expect(door.troubles.join()).toContain("a detail that stays here");
  });

  it("of a method that its path does not have is told which it has, whatever its body is", async () => {
    door = await openDoor();
    for (const [method, path, allow] of [
      ["PUT", "/open", "GET, HEAD"],
      ["OPTIONS", "/open?x=1", "GET, HEAD"],
      ["DELETE", "/of/a.b", "GET, HEAD"],
      ["GET", "/echo", "POST"],
      ["PUT", "/echo", "POST"],
    ] as const) {
      const body = method === "PUT" ? "no JSON" : null;
      const { status, headers, body: told } = await asked(path, { method, body });
      expect([method, path, status, headers.get("allow")]).toEqual([method, path, 405, allow]);
      expect(told).toMatchObject({ error: "wrong_method", message: expect.stringContaining("expected ") });
    }
    expect(await raw("TRACE /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 405 [^]*\r\nallow: GET, HEAD\r\n/,
    );
    for (const path of ["/openn", "/open/", "/o", "/of/", "/of/a/b"])
      expect([path, (await asked(path, { method: "PUT" })).status]).toEqual([path, 404]);
  });

  it("under a foreign name is refused on loopback, so that no page of a browser reaches the door", async () => {
    door = await openDoor();
    expect(await statusUnder("rebound.example")).toBe(421);
    expect(await statusUnder("127.0.0.1.rebound.example:80")).toBe(421);
    expect(await statusUnder("localhost:1")).toBe(200);
  });

  it("that is never finished is ended, and keeps nobody out", async () => {
    door = await openDoor({ bounds: { requestMs: 500 } });
    const slow = raw(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    );
    expect((await asked("/open")).status).toBe(200);
    expect(await slow).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe("a token", () => {
  it("opens what its scopes say and nothing else", async () => {
    door = await openDoor({ tokens: parseTokens(FILE, "tokens") });
    expect(await asked("/open")).toMatchObject({ status: 200 });
    expect(await asked("/decide", bearer(SHOP))).toMatchObject({ status: 200, body: { caller: "shop" } });
    expect(await asked("/read", bearer(SHOP))).toMatchObject({ status: 403, body: { error: "forbidden" } });
    expect(await asked("/command", bearer(ANALYST))).toMatchObject({ status: 200, body: { caller: "anna" } });
    const headers: RequestInit[] = [
      {},
      bearer("nobody-0123456789"),
      bearer(`${SHOP}x`),
      { headers: { authorization: SHOP } },
    ];
    for (const init of headers) {
      const refused = await asked("/decide", init);
      expect(refused).toMatchObject({ status: 401, body: { error: "unauthorized" } });
      expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  it.each([
    ["nothing", "", /no token in it/],
    ["no token", "shop decide", /line 1: expected NAME SCOPE,… TOKEN/],
    ["more than a token", `shop decide ${SHOP} more`, /line 1: expected NAME/],
    [
      "a scope that there is not",
      `shop decide,rule ${SHOP}`,
      /line 1: expected scopes of decide, read, command, got "rule"/,
    ],
    [
      "a token that no header carries",
      "shop decide tökén-0123456789abc",
      /line 1: a token has letters, digits and signs of ASCII/,
    ],
    ["a token that can be guessed", "\nshop decide secret", /line 2: a token has at least 16 characters/],
  ])("file with %s is refused by its line, and no token is said", async (_, text, fault) => {
    door = await openDoor();
    expect(() => parseTokens(text, "tokens")).toThrow(fault);
    expect(() => parseTokens(text, "tokens")).not.toThrow(new RegExp(SHOP));
  });

  it("that is taken out of the file is refused from then on; a file that breaks leaves what it had", async () => {
    door = await openDoor();
    const folder = mkdtempSync(join(tmpdir(), "stipend-tokens-"));
    try {
      const file = join(folder, "tokens");
      let now = 0;
      const troubles: string[] = [];
      expect(() =>
        tokenFile(
          file,
          () => now,
          () => undefined,
        ),
      ).toThrow(/the token file: ENOENT/);
      writeFileSync(file, FILE);
      const tokens = tokenFile(
        file,
        () => now,
        (text) => troubles.push(text),
      );
      expect(tokens.callerOf(SHOP)?.name).toBe("shop");
      writeFileSync(file, `anna read ${ANALYST}\n`);
      utimesSync(file, 1, 1);
      now += 1_000;
      expect([tokens.callerOf(SHOP), tokens.callerOf(ANALYST)?.name]).toEqual([null, "anna"]);
      // As an editor of Windows saves it.
      writeFileSync(file, `\ufeff# who\r\n  # what\r\nanna read ${ANALYST}\r\n`);
      now += 1_000;
      expect(tokens.callerOf(ANALYST)?.name).toBe("anna");
      writeFileSync(file, Buffer.from(`änna read ${SHOP}\n`, "latin1"));
      now += 1_000;
      expect(tokens.callerOf(SHOP)).toBeNull();
      expect(troubles.join()).toMatch(/not read again.*it is not UTF-8/);
      writeFileSync(file, "broken\n");
      now += 1_000;
      expect(tokens.callerOf(ANALYST)?.name).toBe("anna");
      expect(troubles.join()).toMatch(/not read again.*line 1/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it("an address that others reach is refused without tokens", async () => {
  door = await openDoor();
  await expect(openDoor({ host: "0.0.0.0" })).rejects.toThrow(/0\.0\.0\.0 is no loopback address/);
});

it("a port that is taken is said with its address", async () => {
  door = await openDoor();
  const port = Number(new URL(door.address).port);
  await expect(openDoor({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
});

it("with a certificate it speaks TLS", async () => {
  const folder = mkdtempSync(join(tmpdir(), "stipend-tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
    ];
    execFileSync("openssl", [...made, "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], {
      stdio: "ignore",
    });
    door = await openDoor({ tls: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } });
    expect(door.address).toMatch(/^https:/);
    const url = new URL("/open", door.address.replace("127.0.0.1", "localhost"));
    const status = await new Promise((resolve, reject) => {
      httpsGet(url, { ca: readFileSync(cert) }, (answer) => resolve(answer.resume().statusCode)).on("error", reject);
    });
    expect(status).toBe(200);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

async function raw(bytes: string): Promise<string> {
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(new URL(door.address).port), "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined).on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}

async function statusUnder(host: string): Promise<number> {
  return Number((await raw(`GET /open HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).split(" ")[1]);
}
