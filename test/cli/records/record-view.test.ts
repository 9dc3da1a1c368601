// What `stipend tail` prints of a record.

import { expect, test } from "vitest";
import { timeZonesOf } from "../../../src/domain/campaign/time-zones.ts";
import { ErasedUsers } from "../../../src/domain/session/erasure.ts";
import { codecFor, type TopicValues } from "../../../src/log/codec/codec.ts";
import { recordViewOf, viewText } from "../../../src/workflows/topics/record-view.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

const AT_MS = Date.UTC(2026, 0, 5, 12);
const zoneOf = timeZonesOf([
  { id: "spring", timeZone: "Europe/Berlin" },
  { id: "north", timeZone: "Asia/Kathmandu" },
]);

function shown<N extends "decisions" | "grants" | "sessions">(topic: N, value: TopicValues[N]): string {
  const record = { topic, partition: 1, offset: 7, timestampMs: AT_MS, key: Buffer.from("k"), headers: {} };
  const view = recordViewOf({ ...record, value: codecFor(topic).encode(value) }, new ErasedUsers());
  return viewText(view, zoneOf);
}

test("a record's time is told by its campaign's clocks, and in UTC where it has none and campaigns differ", () => {
  expect(shown("decisions", { ...SAMPLES.decisions, campaign: "north" })).toMatch(
    /^1@7 2026-01-05 17:45:00\+05:45 k \{/,
  );
  const { campaign } = SAMPLES.grants;
  expect(shown("grants", { ...SAMPLES.grants, campaign: { ...campaign, id: "spring" } })).toMatch(
    /^1@7 2026-01-05 13:00:00\+01:00 k \{/,
  );
  expect(shown("sessions", { ...SAMPLES.sessions, campaign: null })).toMatch(/^1@7 2026-01-05 12:00:00Z k \{/);
});
