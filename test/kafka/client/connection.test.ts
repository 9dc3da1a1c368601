// A connection against a peer that speaks the protocol as each test wants it to, on a real socket.

import { once } from "node:events";
import net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { BrokerConnection } from "../../../src/log/kafka/client/connection.ts";
import { Disconnected } from "../../../src/log/kafka/client/errors.ts";
import { FrameReader } from "../../../src/log/kafka/client/frames.ts";
import { ProtocolReader, ProtocolWriter } from "../../../src/log/kafka/protocol/bytes.ts";
import { metadata, type Call } from "../../../src/log/kafka/protocol/calls.ts";
import { NEEDED } from "../../../src/log/kafka/protocol/needed.ts";
import { withDefaults, type KafkaSettings } from "../../../src/log/kafka/settings.ts";

interface Request {
  readonly api: number;
  readonly correlation: number;
  readonly body: ProtocolReader;
  readonly socket: net.Socket;
}

type Answer = (request: Request) => Buffer | null;

const SASL_HANDSHAKE = 17;
const API_VERSIONS = 18;
const SASL_AUTHENTICATE = 36;
const ECHO: Call<number> = {
  api: 3,
  version: 7,
  name: "Echo",
  body: Buffer.alloc(0),
  waitMs: 0,
  decode: (r) => (r.i32(), r.i32()),
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers the question for its versions, and whatever else by `answer`; null says nothing. */
async function connectTo(answer: Answer, settings: Partial<KafkaSettings> = {}): Promise<BrokerConnection> {
  const server = net.createServer((socket) => {
    const frames = new FrameReader();
    socket
      .on("error", () => undefined)
      .on("data", (piece: Buffer) => {
        for (const frame of frames.push(piece)) {
          const body = new ProtocolReader(frame);
          const [api, , correlation] = [body.i16(), body.i16(), body.i32()];
          body.text();
          const said = api === API_VERSIONS ? versions() : answer({ api, correlation, body, socket });
          if (said !== null) socket.write(framed(correlation, said));
        }
      });
    closing.push(() => socket.destroy());
  });
  closing.push(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const connection = new BrokerConnection(withDefaults({ brokers: [], clientId: "c", ...settings }), {
    host: "127.0.0.1",
    port,
  });
  closing.push(() => connection.close());
  return connection;
}

function framed(correlation: number, body: Buffer): Buffer {
  return new ProtocolWriter().blob(Buffer.concat([new ProtocolWriter().i32(correlation).bytes, body])).bytes;
}

function versions(): Buffer {
  const body = new ProtocolWriter().i16(0);
  body.array([...NEEDED, { api: SASL_AUTHENTICATE, version: 1 }], ({ api, version }) =>
    body.i16(api).i16(0).i16(version),
  );
  return body.bytes;
}

/** As every answer begins: how long to wait for a quota. */
function answered(value: number, throttleMs = 0): Buffer {
  return new ProtocolWriter().i32(throttleMs).i32(value).bytes;
}

describe("a connection", () => {
  it("gives each of many requests its own answer, in pieces or together", async () => {
    const held: Buffer[] = [];
    const connection = await connectTo(({ correlation, socket }) => {
      held.push(framed(correlation, answered(held.length)));
      if (held.length < 40) return null;
      const all = Buffer.concat(held);
      for (let at = 0; at < all.length; at += 7) socket.write(all.subarray(at, at + 7));
      return null;
    });
    const asked = Array.from({ length: 40 }, async () => await connection.send(ECHO));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it.each([
    ["an answer to a request that was not made", framed(99_999, answered(1))],
    ["a length that no broker sends", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["an answer too short for its header", new ProtocolWriter().blob(Buffer.alloc(2)).bytes],
  ])("ends at %s, with all that waits on it", async (_, bytes) => {
    const connection = await connectTo(({ socket }) => (socket.write(bytes), null));
    const asked = [connection.send(ECHO), connection.send(ECHO)];
    for (const ask of asked) await expect(ask).rejects.toBeInstanceOf(Disconnected);
    expect(connection.usable).toBe(false);
  });

  it("ends with its broker, and what waits is told so", async () => {
    const connection = await connectTo(({ socket }) => (socket.destroy(), null));
    await expect(connection.send(ECHO)).rejects.toThrow(/closed the connection; does this listener want TLS or SASL/);
  });

  it("ends what waits at once when it is closed, also while it opens", async () => {
    const connection = await connectTo(() => null);
    const opening = connection.send(ECHO);
    connection.close();
    await expect(opening).rejects.toBeInstanceOf(Disconnected);
    const opened = await connectTo(({ body }) => (body.left > 0 ? answered(1) : null));
    await opened.send({ ...ECHO, body: Buffer.alloc(1) });
    const waiting = opened.send(ECHO);
    opened.close();
    await expect(waiting).rejects.toThrow(/was closed/);
  });

  it("holds requests back for as long as a quota asks", async () => {
    const waits = [20, 3_600_000];
    let arrived = 0;
    const connection = await connectTo(() => answered((arrived += 1), waits[arrived - 1]));
    await connection.send(ECHO);
    await connection.send(ECHO);
    const held = connection.send(ECHO);
    const other = await connectTo(() => answered(1));
    await other.send(ECHO);
    expect(arrived).toBe(2);
    connection.close();
    await expect(held).rejects.toBeInstanceOf(Disconnected);
    expect(arrived).toBe(2);
  });

  it("goes on when a broker that has read nothing for a while reads again", async () => {
    const isReading = Promise.withResolvers<void>();
    let arrived = 0;
    const connection = await connectTo(({ socket }) => {
      arrived += 1;
      if (arrived === 1) {
        socket.pause();
        void isReading.promise.then(() => socket.resume());
      }
      return answered(arrived);
    });
    const large = { ...ECHO, body: Buffer.alloc(2 * 1024 * 1024) };
    await connection.send(ECHO);
    const asked = Array.from({ length: 12 }, async () => await connection.send(large));
    isReading.resolve();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 12 }, (_, index) => index + 2));
  });

  it("tells again who it is before that expires, and asks nothing meanwhile", async () => {
    const order: number[] = [];
    const lifetimes = [1, 0];
    const connection = await connectTo(
      ({ api, correlation, socket }) => {
        order.push(api);
        if (api === SASL_HANDSHAKE) return new ProtocolWriter().i16(0).i32(0).bytes;
        if (api !== SASL_AUTHENTICATE) return answered(1);
        const lifetime = lifetimes.shift() ?? 0;
        const said = new ProtocolWriter().i16(0).text(null).blob(Buffer.alloc(0)).i64(lifetime).bytes;
        setTimeout(() => socket.write(framed(correlation, said)), 5);
        return null;
      },
      { sasl: { mechanism: "plain", username: "u", password: "p" } },
    );
    await Promise.all([connection.send(ECHO), connection.send(ECHO)]);
    const login = [SASL_HANDSHAKE, SASL_AUTHENTICATE];
    expect(order).toEqual([...login, ...login, ECHO.api, ECHO.api]);
  });

  it("refuses a peer without the requests that nothing works without, by their names", async () => {
    const server = net.createServer((socket) => {
      socket.once("data", () => socket.write(framed(1, new ProtocolWriter().i16(0).i32(0).bytes)));
      closing.push(() => socket.destroy());
    });
    closing.push(() => server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const connection = new BrokerConnection(withDefaults({ brokers: [], clientId: "c" }), { host: "127.0.0.1", port });
    await expect(connection.send(metadata([]))).rejects.toThrow(
      /does not speak the protocol of Kafka 2.4 to 4: .*Produce 7/,
    );
  });
});
