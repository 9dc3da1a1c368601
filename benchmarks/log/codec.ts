// Codec benchmark
// Encoding and decoding of one typical record of each topic, against JSON in the same run, and the sizes of both.
//
//   npm run bench:codec -- [--quick] [--json]
//
// JSON is given the easier part: its values hold numbers for money and hex for bytes already, and what it parses is not
// checked. Not measured: the log, allocation in a busy process, records other than these samples.

import { runScript, USUAL } from "../../fixtures/script.ts";
import { codecFor, type Codec, type TopicValues } from "../../src/log/codec/codec.ts";
import { toJson } from "../../src/log/codec/json.ts";
import { spreadOf, type Spread } from "../lib/quantile.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

export interface CodecFigures {
  readonly topic: string;
  /** Operations a second: median, lowest and highest of the rounds. */
  readonly encode: Spread;
  readonly decode: Spread;
  readonly jsonEncode: Spread;
  readonly jsonDecode: Spread;
  readonly bytes: number;
  readonly jsonBytes: number;
}

export interface CodecOptions {
  readonly roundMs: number;
  readonly rounds: number;
}

export function benchmarkCodec(options: CodecOptions): CodecFigures[] {
  const topics = Object.keys(SAMPLES) as (keyof TopicValues)[];
  return topics.map((topic) => measureTopic(topic, codecFor(topic), SAMPLES[topic], options));
}

function measureTopic(topic: string, codec: Codec<unknown>, value: unknown, options: CodecOptions): CodecFigures {
  const bytes = codec.encode(value);
  const json = toJson(value);
  const text = JSON.stringify(json);
  const jsonBytes = Buffer.from(text);
  return {
    topic,
    encode: spread(options, () => codec.encode(value)),
    decode: spread(options, () => codec.decode(bytes)),
    jsonEncode: spread(options, () => Buffer.from(JSON.stringify(json))),
    jsonDecode: spread(options, () => JSON.parse(jsonBytes.toString("utf8")) as unknown),
    bytes: bytes.length,
    jsonBytes: jsonBytes.length,
  };
}

function spread(options: CodecOptions, operation: () => unknown): Spread {
  rate(options.roundMs / 2, operation);
  return spreadOf(Array.from({ length: options.rounds }, () => rate(options.roundMs, operation)));
}

/** Operations a second. What they return is used, so that none is optimised away. */
function rate(forMs: number, operation: () => unknown): number {
  const start = performance.now();
  let done = 0;
  let used = 0;
  let elapsedMs = 0;
  while (elapsedMs < forMs) {
    for (let i = 0; i < 50; i += 1) used += operation() === undefined ? 1 : 0;
    done += 50;
    elapsedMs = performance.now() - start;
  }
  if (used > 0) throw new Error("an operation gave nothing");
  return (done / elapsedMs) * 1_000;
}

function print(figures: readonly CodecFigures[]): void {
  const cell = (text: string): string => text.padStart(22);
  const rates = (of: Spread): string => `${short(of.median)} (${short(of.low)}–${short(of.high)})`;
  const short = (value: number): string =>
    value >= 1e6 ? `${(value / 1e6).toFixed(2)}M` : `${Math.round(value / 1e3)}k`;
  console.log("operations a second: median (lowest–highest of the rounds); × is Avro against JSON");
  console.log("topic".padEnd(16) + ["encode", "×", "decode", "×", "bytes", "of JSON"].map(cell).join(""));
  for (const row of figures) {
    const cells = [
      rates(row.encode),
      (row.encode.median / row.jsonEncode.median).toFixed(2),
      rates(row.decode),
      (row.decode.median / row.jsonDecode.median).toFixed(2),
      String(row.bytes),
      `${Math.round((row.bytes / row.jsonBytes) * 100)} %`,
    ];
    console.log(row.topic.padEnd(16) + cells.map(cell).join(""));
  }
}

await runScript(
  import.meta.url,
  { name: "bench:codec", summary: "encoding and decoding of one record of each topic, against JSON", options: USUAL },
  async ({ quick, json }) => {
    const figures = benchmarkCodec(quick ? { roundMs: 20, rounds: 3 } : { roundMs: 200, rounds: 5 });
    if (json) console.log(JSON.stringify({ node: process.version, topics: figures }));
    else print(figures);
  },
);
