// A registry that is away: what is known goes on, what is new waits, and no answer but the registry's own is believed.

import { describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { LogUnavailable } from "../../../src/log/event-log.ts";
import { RecordingMember } from "../../log/recording-member.ts";
import { readAll } from "../../log/reading.ts";
import { openGate, registerSchema } from "../the-registry.ts";
import { createWorld, eachOnEmptyTopics, foreign, framed, KEY, sessionSchema, SPECS } from "./fixture.ts";

const here = eachOnEmptyTopics();
const SESSIONS = codecFor("sessions");
const POLL = { maxRecords: 100, maxWaitMs: 0 };

describe("while the registry is away", () => {
  it("known ids go on being written and read, a new one is held, and read when the registry is back", async () => {
    const schema = sessionSchema({ without: ["surface"] });
    const known = await registerSchema(here.url, `${here.world.prefix}sessions-value`, schema);
    const newer = sessionSchema({ without: ["campaign"] });
    const unmet = await registerSchema(here.url, `${here.world.prefix}sessions-value`, newer);
    const value = { sessionId: "s", userId: "u", atMs: 7, campaign: null, surface: null, attributes: {} };
    await here.write(framed(known, foreign(schema).toBuffer(value)));
    await readAll(here.log, "sessions", 0);

    await here.gate.close();
    await here.write(framed(known, foreign(schema).toBuffer(value)));
    await here.log.send([{ topic: "sessions", key: KEY, value: SESSIONS.encode(value) }]);
    expect(
      (await readAll(here.log, "sessions", 0)).map((record) => SESSIONS.decode(must(record.value, "value"))),
    ).toEqual([value, value, value]);
    await here.write(framed(unmet, foreign(newer).toBuffer(value)));
    await expect(readAll(here.log, "sessions", 0)).rejects.toThrow(LogUnavailable);
    const told = new RecordingMember();
    await here.log.join({ application: "test", kind: "work", inputs: ["sessions"], changelog: "state" }, told);
    const task = await told.claim(0);
    await task.seek({});
    await expect(task.poll(POLL)).rejects.toThrow(LogUnavailable);

    await here.gate.open();
    await task.seek({});
    expect((await task.poll(POLL)).map((record) => SESSIONS.decode(must(record.value, "value")))).toEqual([
      value,
      value,
      value,
      value,
    ]);
  });

  it.each([
    ["a gateway's page for a wrong route", 404, "<html>not here</html>"],
    ["a restart", 503, ""],
    ["a refused user", 401, ""],
  ])("%s is not taken for an id that is unknown", async (_, status, body) => {
    const odd = await openGate(here.url, ({ url: path }, response) => {
      if (path?.includes("/schemas/ids/") !== true) return false;
      response.writeHead(status).end(body);
      return true;
    });
    const there = createWorld(odd.url);
    const reading = await there.open();
    await reading.ensureTopics(SPECS);
    await there.raw.send([{ topic: "sessions", key: KEY, value: framed(0x7fff_fff0, Buffer.from("00")) }]);
    await expect(readAll(reading, "sessions", 0)).rejects.toThrow(LogUnavailable);
    await odd.close();
  });
});
