// What a feature service says of many users at once: the bad answer of one is that one's.

import { expect, test } from "vitest";
import { MAX_EVENT_BYTES } from "../../../src/domain/session/session.ts";
import { NoAnswer, readAnswer } from "../../../src/serve/enrich/feature-answer.ts";

const GOOD = { ltv: 12.5, tier: "gold", member: true, since: null };

/** The answer of "odd" among those of others, as JSON text. */
function read(odd: string): { readonly odd: unknown; readonly fault: string | null } {
  const text = `{"users":{"a":${JSON.stringify(GOOD)},"odd":${odd},"b":${JSON.stringify(GOOD)}}}`;
  const { known, fault } = readAnswer(text, ["a", "odd", "b", "stranger"]);
  for (const user of ["a", "b"]) expect(known.get(user)).toEqual(GOOD);
  expect(known.get("stranger")).toEqual({});
  return { odd: known.get("odd"), fault };
}

test.each<[what: string, odd: string, read: unknown, fault: string | null]>([
  ["a list among the attributes", '{"age":30,"tags":["vip"]}', { age: 30 }, "user odd: attribute tags: a list"],
  ["an object among them", '{"age":30,"last":{"at":1}}', { age: 30 }, "user odd: attribute last: an object"],
  ["a number that JSON has not", '{"age":NaN,"visits":2}', { age: null, visits: 2 }, null],
  ["infinities", '{"age":-Infinity,"visits":Infinity,"x":1}', { age: null, visits: null, x: 1 }, null],
  ["a number too large to be one", '{"age":1e999,"visits":2}', { visits: 2 }, "user odd: attribute age: Infinity"],
  ["a text that looks like none", '{"name":"NaN, \\"Infinity\\"","n":NaN}', { name: 'NaN, "Infinity"', n: null }, null],
  ["null", "null", {}, null],
  ["a list", "[1,2]", undefined, "user odd: a list in place of attributes"],
  ["a text", '"gold"', undefined, "user odd: a string in place of attributes"],
  ["a number", "7", undefined, "user odd: 7 in place of attributes"],
  ["nothing of the user", "{}", {}, null],
  ["too much", `{"essay":"${"x".repeat(MAX_EVENT_BYTES)}"}`, undefined, `user odd: more than ${MAX_EVENT_BYTES} bytes`],
  ["the user twice", '{"age":1},"odd":{"age":2}', { age: 2 }, null],
  ["a user who was not asked for", '{"age":1},"other":[]', { age: 1 }, null],
])("%s", (_, odd, expected, fault) => {
  expect(read(odd)).toEqual({ odd: expected, fault });
});

test("users and attributes may be called as they like", () => {
  const text = '{"users":{"__proto__":{"__proto__":1,"constructor":"x"}}}';
  const { known } = readAnswer(text, ["__proto__", "constructor"]);
  expect(Object.entries(known.get("__proto__") ?? {})).toEqual([
    ["__proto__", 1],
    ["constructor", "x"],
  ]);
  expect(known.get("constructor")).toEqual({});
});

test.each([
  "",
  "certainly not",
  "[]",
  "null",
  '{"users":[]}',
  '{"users":null}',
  '{"user":{}}',
  '{"users":{"a":',
  "NaN",
])("%j is no answer", (text) => {
  expect(() => readAnswer(text, ["a"])).toThrow(NoAnswer);
});
