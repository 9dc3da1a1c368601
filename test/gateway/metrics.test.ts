// What a gateway tells Prometheus of itself, before a real allocator.

import { afterAll, beforeAll, expect, it } from "vitest";
import { GATEWAY_METRICS } from "../../src/observe/gateway-metrics.ts";
import { openWorld, type Door, type World } from "./world.ts";

let world: World;
let door: Door;
beforeAll(async () => {
  world = await openWorld();
  door = await world.gateway();
});
afterAll(() => world.close());

async function scraped({ address } = door): Promise<string> {
  const response = await fetch(`${address}/metrics`);
  expect(response.headers.get("content-type")).toContain("version=0.0.4");
  return await response.text();
}

it("counts requests by the route as it is declared and by status, and times them", async () => {
  await door.decide("decided");
  await door.ask("GET", "/v1/decisions/d-nobody's?userId=u");
  await door.ask("GET", "/nowhere");
  await door.ask("POST", "/v1/decisions", "no object");
  const text = await scraped();
  const count = (route: string, status: number): number =>
    Number(
      new RegExp(`^stipend_gateway_requests_total\\{route="${route}",status="${status}"\\} (\\d+)$`, "m").exec(
        text,
      )?.[1],
    );
  expect(count("POST /v1/decisions", 200)).toBe(1);
  expect(count("POST /v1/decisions", 400)).toBe(1);
  expect(count("GET /v1/decisions/:id", 404)).toBe(1);
  expect(count("none", 404)).toBe(1);
  expect(text).toMatch(/^stipend_gateway_request_seconds_count\{route="POST \/v1\/decisions"\} 2$/m);
  expect(text).toMatch(/^stipend_gateway_waiting 0$/m);
  expect(text).toMatch(/^stipend_gateway_log_troubled 0$/m);
  expect(Number(/^stipend_gateway_follow_lag_seconds (\S+)$/m.exec(text)?.[1])).toBeLessThan(60);
});

it("counts what was answered with a dead letter's reason", async () => {
  // Of a clock that runs an hour ahead of the allocator's.
  const ahead = await world.gateway("", () => Date.now() + 3_600_000);
  expect((await ahead.decide("ahead")).status).toBe(422);
  expect(await scraped(ahead)).toMatch(/^stipend_gateway_refused_total\{reason="future"\} 1$/m);
});

it("has a line of help for every metric, and no other name of ours", async () => {
  const helped = [...(await scraped()).matchAll(/^# HELP (stipend_\S+) (.*)$/gm)].map(([, name, help]) => [name, help]);
  expect(Object.fromEntries(helped)).toEqual(GATEWAY_METRICS);
});
