// Refused: what Fastify and Node refuse before a route is asked, as the Problem that the client is told.

import type { Socket } from "node:net";
import { Problem } from "./problem.ts";

/** By the code of Fastify's error; `most`: bytes that the route's body may have. */
const BY_CODE: Readonly<Record<string, (most: number) => Problem>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () =>
    new Problem(400, "invalid", "is no JSON, or has a key __proto__ or constructor.prototype", { field: "body" }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new Problem(400, "invalid", "is empty: expected JSON", { field: "body" }),
  FST_ERR_CTP_BODY_TOO_LARGE: (most) =>
    new Problem(413, "too_large", `expected at most ${most} bytes`, { field: "body" }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Problem(415, "not_json", "expected JSON, and the header content-type: application/json", { field: "body" }),
  FST_ERR_BAD_URL: () => new Problem(400, "invalid", "expected UTF-8, percent-encoded", { field: "path" }),
  FST_ERR_MAX_PARAM_LENGTH: () => new Problem(414, "too_long", "a part of it is too long", { field: "path" }),
};

const BY_STATUS: Readonly<Record<number, string>> = { 400: "invalid", 413: "too_large", 415: "not_json" };

/** Of whatever was thrown on the way to an answer; what is no fault of the client's is told as nothing but that. */
export function problemOf(error: unknown, most: number): Problem {
  if (error instanceof Problem) return error;
  const { code, statusCode = 500 } = (error ?? {}) as { readonly code?: string; readonly statusCode?: number };
  const known = code === undefined ? undefined : BY_CODE[code]?.(most);
  if (known !== undefined) return known;
  const word = BY_STATUS[statusCode];
  return word === undefined || !(error instanceof Error)
    ? new Problem(500, "internal", "something went wrong here; the log of this program says what")
    : new Problem(statusCode, word, error.message);
}

/** Of a connection on which no request could be read. */
export function refuseConnection(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [line, problem] = unread(error.code);
  const body = JSON.stringify(problem.body());
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${problem.status} ${line}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  socket.destroySoon();
}

function unread(code: string | undefined): readonly [string, Problem] {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ["Request Timeout", new Problem(408, "too_slow", "the request has not come in time")];
    case "HPE_HEADER_OVERFLOW":
      return ["Request Header Fields Too Large", new Problem(431, "too_large", "the headers are too large")];
    default:
      return ["Bad Request", new Problem(400, "invalid", "this is no request of HTTP 1.1")];
  }
}
