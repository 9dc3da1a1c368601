// A schema that a record names by its GUID in a header, as Confluent's serializers do where they are told to: a registry that
// knows GUIDs is asked once, and the record is read.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import avsc from "avsc";
import { afterAll, beforeAll, expect, it } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { httpRegistry } from "../../src/log/codec/registry/http-registry.ts";
import { openRegisteredLog } from "../../src/log/codec/registry/registered-log.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { readAll } from "../log/reading.ts";

const GUID = "cc0e0e0e-53c1-4a1a-8f1a-000000000001";
const PROFILE = {
  ...{ type: "record", name: "Profile", namespace: "com.shop" },
  fields: [
    { name: "userId", type: "string" },
    { name: "atMs", type: { type: "long", logicalType: "timestamp-micros" } },
    { name: "attributes", type: { type: "map", values: ["string", "int"] } },
  ],
};
const asked: string[] = [];
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = String(request.url);
    const isKnown = path === `/schemas/guids/${GUID}`;
    if (path.startsWith("/schemas/")) asked.push(path);
    const body = isKnown ? { schema: JSON.stringify(PROFILE) } : { error_code: 40401, message: "Subject not found" };
    response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

it("a GUID in the header is looked up once, and the value is Avro binary alone", async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const raw = createSimulatedCluster({ now: () => 0 }).connect("others");
  await raw.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  const registry = httpRegistry({ url });
  const log = await openRegisteredLog({ log: raw, registry, topicPrefix: "", onTrouble: () => {} });
  const type = avsc.Type.forSchema(PROFILE as avsc.Schema, { wrapUnions: true });
  const value = type.toBuffer({
    userId: "u",
    atMs: 5_000,
    attributes: { tier: { string: "gold" }, visits: { int: 3 } },
  });
  const header = Buffer.concat([Buffer.of(1), Buffer.from(GUID.replaceAll("-", ""), "hex")]);
  const record = { topic: "profiles", key: Buffer.from("u"), value, headers: { __value_schema_id: header } };
  await raw.send([record, record]);
  const profiles = codecFor("profiles");
  expect((await readAll(log, "profiles", 0)).map((found) => profiles.decode(must(found.value, "value")))).toEqual(
    Array(2).fill({ userId: "u", atMs: 5, attributes: { tier: "gold", visits: 3 } }),
  );
  expect(asked).toEqual([`/schemas/guids/${GUID}`]);
});
