// What becomes of a registry's subjects at a start, on a real registry.

import { beforeAll, describe, expect, it } from "vitest";
import { InvalidInput } from "../../../src/domain/campaign/campaign.ts";
import { loadSchemas } from "../../../src/log/codec/schemas.ts";
import { LogUnavailable } from "../../../src/log/event-log.ts";
import { askRegistry, openGate, registerSchema, schemaById, theRegistry } from "../the-registry.ts";
import { createWorld, KEY, SHARED, SPECS } from "./fixture.ts";

let url: string;
beforeAll(async () => {
  url = await theRegistry();
}, 240_000);

/** As an earlier version could have had it: what it lacks has a default. */
const PROFILE_WITHOUT_ATTRIBUTES = {
  type: "record",
  name: "Profile",
  namespace: "stipend",
  fields: [
    { name: "userId", type: "string" },
    { name: "atMs", type: { type: "long", logicalType: "timestamp-millis" } },
  ],
};
const OTHER_SESSION = {
  type: "record",
  name: "Session",
  namespace: "stipend",
  fields: [{ name: "visitor", type: "string" }],
};

async function versions(subject: string): Promise<unknown> {
  return await askRegistry(url, "GET", `/subjects/${subject}/versions`);
}

describe("the first start", () => {
  it("registers each topic's schema under its subject, BACKWARD, and nothing for the changelogs", async () => {
    const { prefix, open } = createWorld(url);
    const log = await open();
    expect(log.lacking()).toHaveLength(SHARED.length);
    await log.ensureTopics(SPECS);
    expect(log.lacking()).toEqual([]);
    const subjects = ((await askRegistry(url, "GET", "/subjects")) as string[]).filter((name) =>
      name.startsWith(prefix),
    );
    expect(subjects.toSorted()).toEqual(SHARED.map((topic) => `${prefix}${topic}-value`).toSorted());
    for (const topic of SHARED) {
      const subject = `${prefix}${topic}-value`;
      expect(await askRegistry(url, "GET", `/config/${subject}`)).toEqual({ compatibilityLevel: "BACKWARD" });
      const latest = (await askRegistry(url, "GET", `/subjects/${subject}/versions/latest`)) as { id: number };
      expect(await schemaById(url, latest.id)).toEqual(loadSchemas(topic).current);
    }
  });

  it("makes an older version's schema the one before", async () => {
    const { prefix, open } = createWorld(url);
    const subject = `${prefix}profiles-value`;
    await registerSchema(url, subject, PROFILE_WITHOUT_ATTRIBUTES);
    const log = await open();
    await log.ensureTopics(SPECS);
    expect(await versions(subject)).toEqual([1, 2]);
  });

  it.each(["BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"])(
    "leaves a subject %s, as it is stricter",
    async (level) => {
      const { prefix, open } = createWorld(url);
      await askRegistry(url, "PUT", `/config/${prefix}sessions-value`, { compatibility: level });
      await (await open()).ensureTopics(SPECS);
      expect(await askRegistry(url, "GET", `/config/${prefix}sessions-value`)).toEqual({ compatibilityLevel: level });
    },
  );
});

describe("a later start", () => {
  it("writes nothing into the registry", async () => {
    const gate = await openGate(url);
    const { open } = createWorld(gate.url);
    await (await open()).ensureTopics(SPECS);
    gate.passed.length = 0;
    const log = await open();
    await log.ensureTopics(SPECS);
    await gate.close();
    // A look-up is a POST to the subject itself.
    expect(gate.passed.filter((request) => !/^(GET |POST \/subjects\/[^/]+$)/.test(request))).toEqual([]);
    expect(gate.passed).toHaveLength(2 * SHARED.length);
  });
});

describe("a start is refused", () => {
  it("where a subject's schema cannot be read with ours, by the subject and in the registry's words", async () => {
    const { prefix, raw, open } = createWorld(url);
    const subject = `${prefix}sessions-value`;
    await registerSchema(url, subject, OTHER_SESSION);
    const log = await open();
    const starting = log.ensureTopics(SPECS);
    await expect(starting).rejects.toThrow(InvalidInput);
    await expect(starting).rejects.toThrow(`${subject}: `);
    await expect(starting).rejects.toThrow(/incompatible/i);
    expect(await versions(subject)).toEqual([1]);
    await expect(log.send([{ topic: "sessions", key: KEY, value: Buffer.from("c301", "hex") }])).rejects.toThrow(
      /stipend topics create/,
    );
    expect(await raw.ranges("sessions")).toEqual([{ partition: 0, start: 0, end: 0 }]);
  });

  it("where a subject takes schemas that cannot read what is there", async () => {
    const { prefix, open } = createWorld(url);
    await askRegistry(url, "PUT", `/config/${prefix}sessions-value`, { compatibility: "FORWARD" });
    const log = await open();
    await expect(log.ensureTopics(SPECS)).rejects.toThrow(InvalidInput);
    await expect(log.ensureTopics(SPECS)).rejects.toThrow(/sessions-value: its compatibility is FORWARD.*set BACKWARD/);
  });

  it("while the registry is down, with its address and what to do", async () => {
    const gate = await openGate(url);
    await gate.close();
    const { open } = createWorld(gate.url);
    await expect(open()).rejects.toThrow(LogUnavailable);
    await expect(open()).rejects.toThrow(`schema registry ${gate.url}: connect ECONNREFUSED`);
    await expect(open()).rejects.toThrow(/check that it runs, and that SCHEMA_REGISTRY_URL is where/);
  });

  it("where the address is another server's", async () => {
    const { open } = createWorld(new URL("/elsewhere", url).href);
    await expect(open()).rejects.toThrow(/it answers 404.*SCHEMA_REGISTRY_URL is where Confluent's API begins/);
  });

  it("where the registry refuses the user, without saying the password", async () => {
    const user = { name: "me", password: "right: ä" };
    const expected = `Basic ${Buffer.from("me:right: ä").toString("base64")}`;
    const gate = await openGate(url, (request, response) => {
      if (request.headers.authorization === expected) return false;
      response.writeHead(401).end();
      return true;
    });
    const { open } = createWorld(gate.url);
    await (await open(user)).ensureTopics(SPECS);
    const refused = open({ name: "me", password: "wrong" });
    await expect(refused).rejects.toThrow(/refuses the user \(401\): check SCHEMA_REGISTRY_USERNAME/);
    await expect(refused).rejects.not.toThrow(/wrong/);
    await gate.close();
  });
});

describe("the differences of a registry", () => {
  it("are each subject that lacks the schema, or would refuse it, or has no level; then none", async () => {
    const { prefix, open } = createWorld(url);
    await registerSchema(url, `${prefix}sessions-value`, OTHER_SESSION);
    await askRegistry(url, "PUT", `/config/${prefix}sessions-value`, { compatibility: "BACKWARD" });
    await registerSchema(url, `${prefix}outcomes-value`, loadSchemas("outcomes").current as object);
    const log = await open();
    const found = await log.subjectDifferences(SPECS.map(({ name }) => name));
    const of = (topic: string) => found.filter((each) => each.topic === `${prefix}${topic}-value`);
    expect(of("sessions").map(({ setting }) => setting)).toEqual(["schema"]);
    expect(of("sessions")[0]?.found).toMatch(/^the registry would refuse it: .*incompatible/i);
    expect(of("outcomes").map(({ setting }) => setting)).toEqual(["compatibility"]);
    expect(of("decisions")).toEqual([expect.objectContaining({ setting: "schema", found: "missing" })]);
    expect(found).toHaveLength(SHARED.length);

    const other = createWorld(url);
    const ready = await other.open();
    await ready.ensureTopics(SPECS);
    expect(await ready.subjectDifferences(SPECS.map(({ name }) => name))).toEqual([]);
  });
});
