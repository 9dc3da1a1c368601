// Trace: W3C trace context goes from a session to its decision, as that recommendation has it and not otherwise: what a
// stranger calls a trace must not become a decision's largest part.

import type { Headers } from "../../log/event-log.ts";

const PARENT_BYTES = 55;
/** Version, trace id, parent id, flags; no version is ff, and no id is all zeros. */
const PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const STATE_BYTES = 512;
const STATE = /^[\x20-\x7e]+$/;

/** Undefined without a trace parent that is one; a trace state that is none is left out. */
export function traceOf({ traceparent, tracestate }: Headers): Headers | undefined {
  if (traceparent?.length !== PARENT_BYTES || !PARENT.test(textOf(traceparent))) return undefined;
  if (tracestate === undefined || tracestate.length > STATE_BYTES || !STATE.test(textOf(tracestate)))
    return { traceparent };
  return { traceparent, tracestate };
}

/** Of a trace parent that is one. */
export function traceIdOf(headers: Headers): string | undefined {
  const parent = traceOf(headers)?.["traceparent"];
  return parent === undefined ? undefined : textOf(parent).split("-")[1];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
