// Values on the topics of a log with a registry: what others find there, and what becomes of what others wrote. The other
// client here is avsc alone, with schemas from the registry's API.

import avsc from "avsc";
import { describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { codecFor, schemaCodec, Undecodable, type TopicValues } from "../../../src/log/codec/codec.ts";
import { toJson } from "../../../src/log/codec/json.ts";
import type { TaskKind } from "../../../src/log/event-log.ts";
import { readAll } from "../../log/reading.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";
import { RecordingMember } from "../../log/recording-member.ts";
import { askRegistry, registerSchema, schemaById } from "../the-registry.ts";
import {
  createWorld,
  eachOnEmptyTopics,
  foreign,
  framed,
  KEY,
  only,
  SESSION,
  sessionSchema,
  SPECS,
} from "./fixture.ts";

const here = eachOnEmptyTopics();

const TOPICS = Object.keys(SAMPLES) as (keyof TopicValues)[];
const SESSIONS = codecFor("sessions");
const POLL = { maxRecords: 100, maxWaitMs: 0 };

/** By which a JSON schema is known as one. */
const DRAFT = ["http:", "", "json-schema.org", "draft-07", "schema#"].join("/");

describe("what is written", () => {
  it.each(TOPICS)("%s: others read it with the schema that the registry has under its id", async (topic) => {
    const codec = schemaCodec<unknown>(topic);
    await here.log.send([{ topic, partition: 0, key: KEY, value: codec.encode(SAMPLES[topic]) }]);
    const value = await only(here.world.raw, topic);
    expect(value[0]).toBe(0);
    const type = foreign(await schemaById(here.url, value.readUInt32BE(1)));
    const body = value.subarray(5);
    expect([...type.toBuffer(type.fromBuffer(body))]).toEqual([...body]);
    expect(body.equals(codec.encode(SAMPLES[topic]).subarray(10))).toBe(true);
    expect(codec.decode(await only(here.log, topic))).toEqual(SAMPLES[topic]);
  });

  it("is read again byte by byte as the codec wrote it, so that hashes over it hold with a registry and without", async () => {
    const bytes = codecFor("decisions").encode(SAMPLES.decisions);
    await here.log.send([{ topic: "decisions", partition: 0, key: KEY, value: bytes }]);
    expect(await only(here.log, "decisions")).toEqual(bytes);
  });

  it("is the value, field by field, to who has only the registry's schema", async () => {
    await here.log.send([{ topic: "outcomes", key: KEY, value: codecFor("outcomes").encode(SAMPLES.outcomes) }]);
    const value = await only(here.world.raw, "outcomes");
    const read = foreign(await schemaById(here.url, value.readUInt32BE(1))).fromBuffer(value.subarray(5)) as object;
    expect({ ...read }).toEqual(toJson(SAMPLES.outcomes));
  });

  it("in a task's transaction is under its ids, and its changelog as it was", async () => {
    const kind: TaskKind = { application: "test", kind: "work", inputs: ["sessions"], changelog: "state" };
    const told = new RecordingMember();
    await here.log.join(kind, told);
    const task = await told.claim(0);
    const state = Buffer.from("c301aa", "hex");
    const decision = codecFor("decisions").encode(SAMPLES.decisions);
    await task.commit(
      [
        { topic: "decisions", partition: 0, key: KEY, value: decision },
        { topic: "state", partition: 0, key: KEY, value: state },
        { topic: "profiles", partition: 0, key: KEY, value: null },
      ],
      {},
    );
    const found = await only(here.world.raw, "decisions");
    expect([found[0], found.length]).toEqual([0, decision.length - 5]);
    expect(await only(here.world.raw, "state")).toEqual(state);
    const restored: Uint8Array[] = [];
    for await (const batch of task.restore(0)) restored.push(...batch.map((record) => must(record.value, "value")));
    expect(restored).toEqual([state]);
    expect((await readAll(here.log, "profiles", 0)).map(({ value }) => value)).toEqual([null]);
  });

  it("that is no value of its topic goes out as it is, as a dead letter that is sent again", async () => {
    const sent = [Buffer.from("c30100112233445566778899", "hex"), framed(7, Buffer.from("00")), Buffer.from("{}")];
    await here.log.send(sent.map((value) => ({ topic: "sessions", key: KEY, value })));
    expect((await readAll(here.world.raw, "sessions", 0)).map(({ value }) => value)).toEqual(sent);
  });
});

describe("what others wrote", () => {
  it("in an older schema of the subject is read with this version's defaults", async () => {
    const older = createWorld(here.gate.url);
    const schema = sessionSchema({ without: ["surface", "campaign", "attributes"] });
    const id = await registerSchema(here.url, `${older.prefix}sessions-value`, schema);
    const reading = await older.open();
    await reading.ensureTopics(SPECS);
    const body = foreign(schema).toBuffer({ sessionId: "s-1", userId: "u-1", atMs: 5 });
    await older.raw.send([{ topic: "sessions", key: KEY, value: framed(id, body) }]);
    expect(SESSIONS.decode(await only(reading, "sessions"))).toEqual({
      sessionId: "s-1",
      userId: "u-1",
      atMs: 5,
      surface: null,
      campaign: null,
      attributes: {},
    });
  });

  it("in a newer schema is read without what this version does not know", async () => {
    const schema = sessionSchema({ more: [{ name: "device", type: "string", default: "" }] });
    const id = await registerSchema(here.url, `${here.world.prefix}sessions-value`, schema);
    const value = { sessionId: "s-2", userId: "u-2", atMs: 6, surface: null, campaign: null, attributes: {} };
    await here.write(framed(id, foreign(schema).toBuffer({ ...value, device: "phone" })));
    expect(SESSIONS.decode(await only(here.log, "sessions"))).toEqual(value);
  });

  it("is read alike by a task's poll, and what is asked of the registry is asked once", async () => {
    const schema = sessionSchema({ without: ["surface"], more: [{ name: "n", type: "int", default: 0 }] });
    const id = await registerSchema(here.url, `${here.world.prefix}sessions-value`, schema);
    const value = { sessionId: "s", userId: "u", atMs: 7, campaign: null, attributes: {} };
    for (let n = 0; n < 50; n += 1) await here.write(framed(id, foreign(schema).toBuffer({ ...value, n })));
    await here.write(SESSIONS.encode(SAMPLES.sessions));
    await here.log.send([{ topic: "sessions", key: KEY, value: SESSIONS.encode(SAMPLES.sessions) }]);
    const told = new RecordingMember();
    await here.log.join({ application: "test", kind: "work", inputs: ["sessions"], changelog: "state" }, told);
    const task = await told.claim(0);
    await task.seek({});
    const polled = (await task.poll(POLL)).map((record) => SESSIONS.decode(must(record.value, "a value")));
    expect(polled).toEqual([
      ...Array.from({ length: 50 }, () => ({ ...value, surface: null })),
      SAMPLES.sessions,
      SAMPLES.sessions,
    ]);
    await readAll(here.log, "sessions", 0);
    expect(here.gate.passed).toEqual([`GET /schemas/ids/${id}`]);
  });

  it("without a registry, before there was one, is read as it is", async () => {
    await here.write(SESSIONS.encode(SAMPLES.sessions));
    expect(SESSIONS.decode(await only(here.log, "sessions"))).toEqual(SAMPLES.sessions);
    expect(here.gate.passed).toEqual([]);
  });
});

describe("what cannot be read", () => {
  const id = 0x7fff_fff0;
  const undecodable = async (value: Buffer): Promise<string> => {
    await here.write(value);
    const found = await only(here.log, "sessions");
    expect(found.equals(value), "it is handed on as it came").toBe(true);
    try {
      SESSIONS.decode(found);
    } catch (error) {
      if (error instanceof Undecodable) return error.message;
      throw error;
    }
    throw new Error("it was decoded");
  };

  it("is an id that the registry does not know, until it does", async () => {
    expect(await undecodable(framed(id, Buffer.from("00")))).toContain(`schema id ${id}`);
    expect(here.world.troubles).toEqual([`schema registry: sessions: schema id ${id}: the registry does not know it`]);
    await readAll(here.log, "sessions", 0);
    expect(here.gate.passed).toEqual([`GET /schemas/ids/${id}`, `GET /schemas/ids/${id}`]);
  });

  it("is a schema that is another topic's", async () => {
    const other = await registerSchema(here.url, `${here.world.prefix}other`, {
      type: "record",
      name: "Other",
      fields: [],
    });
    await undecodable(framed(other, Buffer.alloc(0)));
    expect(here.world.troubles).toEqual([]);
    expect((await readAll(here.log, "sessions", 0)).at(-1)?.unreadable).toMatch(
      `sessions: schema id ${other}: the record Other cannot be read as the record Session`,
    );
  });

  it.each([
    ["of another kind", "other-kind", "a schema of type JSON"],
    ["that is in parts", "whole", "a schema that refers to others"],
  ] as const)("is a schema %s", async (_, subject, what) => {
    const part = `${here.world.prefix}part`;
    await registerSchema(here.url, part, { type: "record", name: "Part", namespace: "x", fields: [] });
    const references = [{ name: "x.Part", subject: part, version: 1 }];
    const whole = { type: "record", name: "Whole", namespace: "x", fields: [{ name: "part", type: "x.Part" }] };
    const body = {
      "other-kind": { schemaType: "JSON", schema: JSON.stringify({ $schema: DRAFT, type: "object" }) },
      whole: { references, schema: JSON.stringify(whole) },
    }[subject];
    const answer = await askRegistry(here.url, "POST", `/subjects/${here.world.prefix}${subject}/versions`, body);
    const { id: theirs } = answer as { id: number };
    await undecodable(framed(theirs, Buffer.from("00")));
    expect(here.world.troubles).toEqual([`schema registry: sessions: schema id ${theirs}: it is ${what}`]);
  });

  it("is a body that its schema does not fit, ours or another's", async () => {
    const schema = sessionSchema({ without: ["surface"] });
    const theirs = await registerSchema(here.url, `${here.world.prefix}sessions-value`, schema);
    await undecodable(framed(theirs, Buffer.from("ff", "hex")));
    await here.log.send([{ topic: "outcomes", key: KEY, value: codecFor("outcomes").encode(SAMPLES.outcomes) }]);
    const value = await only(here.world.raw, "outcomes");
    await here.world.raw.send([{ topic: "outcomes", key: KEY, value: value.subarray(0, 9) }]);
    const [, cut] = await readAll(here.log, "outcomes", 0);
    expect(() => codecFor("outcomes").decode(must(cut?.value, "a value"))).toThrow(Undecodable);
  });

  it.each(["", "00", "00ffffffff", "00ffffffff00", "7b7d"])("may be any bytes: %j", async (hex) => {
    await undecodable(Buffer.from(hex, "hex"));
  });
});

describe("a schema of the writer's own", () => {
  it("with another namespace, and a branch that the record does not use, is read; one that it uses is named", async () => {
    const fields = must(SESSION.fields, "fields").map((field) =>
      field.name === "attributes"
        ? { ...field, type: { type: "map", values: ["null", "double", { type: "array", items: "string" }] } }
        : field,
    );
    const schema = { ...SESSION, namespace: "com.shop.events", fields };
    const theirs = await registerSchema(here.url, `${here.world.prefix}foreign-value`, schema);
    const value = { sessionId: "s", userId: "u", atMs: 7, surface: null, campaign: null };
    const type = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true });
    await here.write(framed(theirs, type.toBuffer({ ...value, attributes: { age: { double: 3 } } })));
    await here.write(framed(theirs, type.toBuffer({ ...value, attributes: { tags: { array: ["a"] } } })));
    const [read, refused] = await readAll(here.log, "sessions", 0);
    expect(SESSIONS.decode(must(read?.value, "value"))).toEqual({ ...value, attributes: { age: 3 } });
    expect(refused?.unreadable).toBe(
      `sessions: schema id ${theirs}: attributes.tags: array cannot be read as null or double or string or boolean`,
    );
  });

  it("whose id is in the record's header is read; a GUID that the registry cannot give is said, and holds nothing up", async () => {
    const schema = sessionSchema({ without: ["surface"] });
    const theirs = await registerSchema(here.url, `${here.world.prefix}sessions-value`, schema);
    const value = { sessionId: "s", userId: "u", atMs: 7, campaign: null, attributes: {} };
    const body = foreign(schema).toBuffer(value);
    const id = Buffer.alloc(5);
    id.writeInt32BE(theirs, 1);
    const guid = Buffer.concat([Buffer.of(1), Buffer.alloc(16, 7)]);
    for (const header of [id, guid])
      await here.world.raw.send([{ topic: "sessions", key: KEY, value: body, headers: { __value_schema_id: header } }]);
    const [read, unknown] = await readAll(here.log, "sessions", 0);
    expect(SESSIONS.decode(must(read?.value, "value"))).toEqual({ ...value, surface: null });
    expect(unknown?.unreadable).toBe(
      "sessions: schema GUID 07070707-0707-0707-0707-070707070707 (in the record's header): the schema registry does not know it",
    );
  });
});
