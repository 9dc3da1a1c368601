// Trace context goes through as W3C has it, and nothing else does.

import { expect, test } from "vitest";
import { traceOf } from "../../../src/serve/receive/trace.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const of = (traceparent: string | null, tracestate?: string) =>
  traceOf({
    ...(traceparent === null ? {} : { traceparent: Buffer.from(traceparent) }),
    ...(tracestate === undefined ? {} : { tracestate: Buffer.from(tracestate) }),
  });

test("a trace parent goes through, with its state", () => {
  expect(of(PARENT)).toEqual({ traceparent: Buffer.from(PARENT) });
  expect(of(PARENT, "congo=t61rcWkgMzE")).toEqual({
    traceparent: Buffer.from(PARENT),
    tracestate: Buffer.from("congo=t61rcWkgMzE"),
  });
});

test.each([
  ["two megabytes", "x".repeat(2_000_000)],
  ["a parent and more", `${PARENT}-x`],
  ["capitals", PARENT.toUpperCase()],
  ["no version ff", `ff${PARENT.slice(2)}`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
  ["a parent id of zeros", `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`],
  ["nothing", ""],
  ["control characters", `\x1b${PARENT.slice(1)}`],
])("%s is left out", (_, text) => expect(of(text)).toBeUndefined());

test.each([
  ["two megabytes", "x".repeat(2_000_000)],
  ["control characters", "a=\x1b[2J"],
  ["nothing", ""],
])("a trace state of %s is left out, and its parent goes through", (_, state) =>
  expect(of(PARENT, state)).toEqual({ traceparent: Buffer.from(PARENT) }),
);

test("without a parent there is no trace", () => expect(of(null, "a=b")).toBeUndefined());
