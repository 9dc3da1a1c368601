// Kafka's framing, by pieces of any size, and what is no frame.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader, MAX_FRAME_BYTES, NoFrame } from "../../../src/log/kafka/client/frames.ts";

const message = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(messages.flatMap((bytes) => [lengthOf(bytes.length), bytes]));
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(length);
  return bytes;
}

/** Cut at every one of the places. */
function pieces(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].toSorted((a, b) => a - b);
  return [...places, stream.length].map((end, index) => stream.subarray(places[index - 1] ?? 0, end));
}

describe("frames", () => {
  it("come out whole and in order, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(3_000), { maxLength: 40 }), (messages, cuts) => {
        const reader = new FrameReader();
        const read = pieces(framed(messages), cuts).flatMap((piece) =>
          [...reader.push(piece)].map((one) => Buffer.from(one)),
        );
        expect(read).toEqual(messages);
      }),
    );
  });

  it("come out byte by byte, and none before its last byte", () => {
    const reader = new FrameReader();
    const stream = framed([Buffer.from("abc"), Buffer.alloc(0)]);
    const counts = [...stream].map((byte) => [...reader.push(Buffer.from([byte]))].length);
    expect(counts).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it.each([
    ["negative", lengthOf(-1)],
    ["above any answer", lengthOf(MAX_FRAME_BYTES + 1)],
    ["the beginning of an HTTP answer", Buffer.from("HTTP/1.1 400 Bad Request")],
    ["a TLS alert", Buffer.from([0x15, 3, 3, 0, 2, 2, 70])],
  ])("whose length is %s end the stream, and nothing is kept for them", (_, bytes) => {
    expect(() => [...new FrameReader().push(bytes)]).toThrow(NoFrame);
  });

  it("are never made of bytes that are no frames", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (arrays) => {
        const reader = new FrameReader();
        const sent = Buffer.concat(arrays);
        let taken = 0;
        try {
          for (const array of arrays)
            for (const frame of reader.push(Buffer.from(array))) {
              expect(sent.readInt32BE(taken)).toBe(frame.length);
              expect(frame).toEqual(sent.subarray(taken + 4, taken + 4 + frame.length));
              taken += 4 + frame.length;
            }
        } catch (error) {
          expect(error).toBeInstanceOf(NoFrame);
        }
      }),
    );
  });
});
