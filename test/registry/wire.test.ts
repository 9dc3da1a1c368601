import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecFor, headerOf, Undecodable } from "../../src/log/codec/codec.ts";
import {
  beginsWith,
  isSingleObject,
  schemaIdOf,
  toConfluent,
  singleObject,
  framedBy,
} from "../../src/log/codec/registry/wire.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

const sessions = codecFor("sessions");
const HEADER = headerOf(sessions.fingerprint);

describe("Confluent's wire format", () => {
  it("is a zero, the id in four bytes, big-endian, and the Avro binary of single-object encoding", () => {
    const single = sessions.encode(SAMPLES.sessions);
    const confluent = toConfluent(0x01_02_03_04, single, HEADER.length);
    expect(confluent.toString("hex")).toBe(`0001020304${single.subarray(10).toString("hex")}`);
  });

  it("gives back the id and the bytes, whichever they are", () => {
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array(), (id, body) => {
        const single = Buffer.concat([HEADER, body]);
        const confluent = toConfluent(id, single, HEADER.length);
        expect(schemaIdOf(confluent)).toBe(id);
        expect(singleObject(HEADER, confluent.subarray(5)).equals(single)).toBe(true);
        expect(framedBy({}, confluent)).toEqual({ key: id, body: confluent.subarray(5) });
        expect([isSingleObject(confluent), isSingleObject(single), schemaIdOf(single)]).toEqual([false, true, null]);
      }),
    );
  });

  it.each(["", "00", "00000000", "0100000001", "c30100000001", "00ffffffff00"])("has no id in %j", (hex) => {
    expect(schemaIdOf(Buffer.from(hex, "hex"))).toBeNull();
  });

  it("may have its id, or its GUID, in the record's header, which counts before what the value begins with", () => {
    const guid = Buffer.from("01cc0e0e0e53c14a1a8f1a000000000001", "hex");
    const value = Buffer.from("0000000007aa", "hex");
    const by = (header: Buffer) => framedBy({ __value_schema_id: header }, value);
    expect(by(guid)).toEqual({ key: "cc0e0e0e-53c1-4a1a-8f1a-000000000001", body: value });
    expect(by(Buffer.from("0000000009", "hex"))).toEqual({ key: 9, body: value });
    // What is no schema id is passed over.
    for (const odd of ["", "01", "02000000", "01cc0e0e0e53c14a1a8f1a0000000000"])
      expect(by(Buffer.from(odd, "hex"))).toEqual({ key: 7, body: Buffer.from("aa", "hex") });
    expect(framedBy({}, Buffer.from("7b7d"))).toBeNull();
  });

  it("begins with a header only where all of it is there", () => {
    expect([HEADER, HEADER.subarray(0, 9), Buffer.alloc(10)].map((bytes) => beginsWith(bytes, HEADER))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("is named, with its id and the setting, to who reads it without a registry", () => {
    const confluent = toConfluent(7, sessions.encode(SAMPLES.sessions), HEADER.length);
    expect(() => sessions.decode(confluent)).toThrow(Undecodable);
    expect(() => sessions.decode(confluent)).toThrow(/^sessions: .*schema id 7: no SCHEMA_REGISTRY_URL is set/);
  });
});
