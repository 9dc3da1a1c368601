// What is said on the way: as text for a person, as JSON lines for a program that gathers logs; without secrets, and without
// anything that a terminal would obey.

import { describe, expect, test } from "vitest";
import { createOutput, type Logging } from "../../../src/terminal/output.ts";
import { printableLine } from "../../../src/terminal/printable.ts";
import { redactor } from "../../../src/settings/redact.ts";
import { typedSecret } from "../../../src/settings/secret.ts";
import { tableText } from "../../../src/terminal/table.ts";

const JSON_LOG: Logging = {
  format: "json",
  level: "info",
  nowMs: () => Date.UTC(2026, 0, 2),
  redact: redactor([typedSecret("s3cret!?"), typedSecret("")]),
};

function opened(log: Logging, json = false, isTerminal = false) {
  const told = { out: "", err: "" };
  const output = createOutput({
    json,
    isTerminal,
    log,
    stdout: (text) => void (told.out += text),
    stderr: (text) => void (told.err += text),
    progress: { report: () => undefined, clear: () => undefined },
  });
  return { output, told };
}

describe("a line of the log", () => {
  test("is one JSON object with time, level, message and what it is about", () => {
    const { output, told } = opened(JSON_LOG);
    output.note("two\nlines", { level: "warn", kind: "serve", partition: 3, campaign: "spring", traceId: "4bf9" });
    output.item({ event: "tasks", serve: [1] }, () => "serve runs 1");
    expect(told.err.split("\n")).toHaveLength(2);
    expect(JSON.parse(told.err)).toEqual({
      time: "2026-01-02T00:00:00.000Z",
      level: "warn",
      message: "two\nlines",
      kind: "serve",
      partition: 3,
      campaign: "spring",
      traceId: "4bf9",
    });
    expect(JSON.parse(told.out)).toMatchObject({ level: "info", message: "serve runs 1", event: "tasks", serve: [1] });
  });

  test("does not have what is for the terminal alone", () => {
    for (const [log, json, isTerminal, said] of [
      [JSON_LOG, false, false, ""],
      [{ ...JSON_LOG, format: "text" }, false, false, ""],
      [JSON_LOG, true, true, ""],
      [{ ...JSON_LOG, format: "text" }, false, true, "a token\n"],
    ] as const) {
      const { output, told } = opened(log, json, isTerminal);
      output.toTerminal("a token");
      expect(told).toEqual({ out: "", err: said });
    }
  });

  test("is left out below the level that is asked for", () => {
    const { output, told } = opened({ ...JSON_LOG, level: "warn" });
    for (const level of ["debug", "info", "warn", "error"] as const) output.note(level, { level });
    expect(
      told.err
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { level: string }).level),
    ).toEqual(["warn", "error"]);
  });

  test("has no secret in it, in either form", () => {
    const text = "cannot reach https://me:pa%20ss@host/x?y or http://tok@[::1]:1/ with s3cret!? (s3cret!%3F)";
    const clean = "cannot reach https://***@host/x?y or http://***@[::1]:1/ with *** (***)";
    const asJson = opened(JSON_LOG);
    asJson.output.note(text);
    expect((JSON.parse(asJson.told.err) as { message: string }).message).toBe(clean);
    const asText = opened({ ...JSON_LOG, format: "text" });
    asText.output.note(text);
    expect(asText.told.err).toBe(`${clean}\n`);
  });
});

describe("what a terminal would obey is only shown", () => {
  const hostile = "a\u001b]0;title\u0007b\u009b2Jc\u202egpj.exe\r\u2028d";
  const inert = "a\\x1b]0;title\\x07b\\x9b2Jc\\u202egpj.exe\\x0d\\u2028d";

  test("in text, in notes and in tables; lines of ours stay lines", () => {
    const { output, told } = opened({ ...JSON_LOG, format: "text" });
    output.item({}, () => `x\n${hostile}`);
    output.note(hostile);
    expect(told.out).toBe(`x\n${inert}\n`);
    expect(told.err).toBe(`${inert}\n`);
    expect(tableText(["id"], [["one\ntwo\tthree"]])).toBe("id\none\\x0atwo\\x09three");
    expect(printableLine("Zoë 名 😀")).toBe("Zoë 名 😀");
  });

  test("in JSON, which still says the same", () => {
    const { output, told } = opened(JSON_LOG, true);
    output.item({ id: hostile }, () => "");
    expect(told.out.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(JSON.parse(told.out)).toEqual({ id: hostile });
  });
});
