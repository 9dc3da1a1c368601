// Connection
// One connection to one broker, on kafkajs: it does the socket, TLS, SASL, the order of answers and their time-outs.
// The only file that imports it. What is sent and what comes back is ours (wire/): kafkajs' own producer and consumer
// are not used, since they cannot assign partitions by hand, tell of a revocation, or read a compacted log to its end.

import Connection, { type Exchange, type Logger } from "kafkajs/src/network/connection.js";
import createSocketFactory from "kafkajs/src/network/socketFactory.js";
import { LogError } from "../../event-log.ts";
import { Disconnected, KafkaError } from "./errors.ts";
import { connectionError, openingHint, type Earlier } from "./kafkajs-errors.ts";
import type { Settings } from "../settings.ts";
import { apiVersions, type ApiRange, type Call } from "../protocol/calls.ts";
import { NEEDED } from "../protocol/needed.ts";
import { Reader } from "../protocol/bytes.ts";

const CONNECT_MS = 5_000;
/** Beside what the broker may wait itself. Shorter than an election, so that who asks again meets the leader after it. */
const REQUEST_MS = 5_000;
/** One that has not answered for so long is not asked first. */
const LIVE_MS = 500;
const API_PRODUCE = 0;
const API_VERSIONS = 18;
const UNSUPPORTED_VERSION = 35;
/** Of a header in the compact encoding. */
const NO_TAGS = Buffer.from([0]);
const API_SASL_AUTHENTICATE = 36;

export interface Address {
  readonly host: string;
  readonly port: number;
}

// kafkajs reports each error twice, as an exception and in its log: the exceptions are enough.
const quiet: Logger = {
  namespace: () => quiet,
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

export class BrokerConnection {
  readonly #address: Address;
  readonly #connection: Connection;
  #opening: Promise<void> | null = null;
  /** What the broker can do. */
  #ranges: readonly ApiRange[] = [];
  #opened = false;
  /** Has answered something: a listener that wants a user tells its versions to everybody, and no more. */
  #proven = false;
  #closed = false;
  /** When each request that has no answer yet was made, the oldest first. */
  readonly #waiting = new Set<{ readonly sinceMs: number }>();
  readonly #settings: Settings;
  /** What an exchange threw last, while it authenticated. */
  #earlier: Earlier | null = null;

  constructor(settings: Settings, address: Address) {
    this.#settings = settings;
    this.#address = address;
    this.#connection = new Connection({
      ...address,
      logger: quiet,
      socketFactory: createSocketFactory(),
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      enforceRequestTimeout: true,
      clientId: settings.clientId,
      ssl: settings.tls === null ? null : { ...settings.tls },
      sasl: settings.sasl,
    });
    this.#calmQueue();
  }

  /** kafkajs sets a timer after each answer, with a negative time; it is needed only while requests are held back. */
  #calmQueue(): void {
    const queue = this.#connection.requestQueue;
    const schedule = queue.scheduleCheckPendingRequests.bind(queue);
    queue.scheduleCheckPendingRequests = () => {
      if (queue.pending.length > 0) schedule();
    };
  }

  get address(): Address {
    return this.#address;
  }

  get usable(): boolean {
    return !this.#closed && (!this.#opened || this.#connection.isConnected());
  }

  /** Has answered, and does not let anybody wait. */
  get live(): boolean {
    return this.#proven && this.usable && performance.now() - (this.waitingSince ?? Infinity) < LIVE_MS;
  }

  /** Since when the request that has waited longest waits; null when none does. */
  get waitingSince(): number | null {
    const [oldest] = this.#waiting;
    return oldest?.sinceMs ?? null;
  }

  /** Connects and authenticates, once for all who ask meanwhile. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<void> {
    try {
      await this.#connection.connect();
      const versions = apiVersions();
      const ranges = versions.decode(new Reader(await this.#exchange(versions)));
      checkVersions(ranges, this.#address);
      this.#ranges = ranges;
      this.#connection.setVersions(
        Object.fromEntries(ranges.map(({ api, min, max }) => [api, { minVersion: min, maxVersion: max }])),
      );
      this.#connection.setSupportAuthenticationProtocol(ranges.some(({ api }) => api === API_SASL_AUTHENTICATE));
      await this.#authenticate();
      this.#opened = true;
    } catch (error) {
      this.close();
      throw this.#told(error);
    }
  }

  /** kafkajs makes an authentication error of whatever is thrown meanwhile, a lost connection as well. */
  async #authenticate(): Promise<void> {
    const send = this.#connection.send.bind(this.#connection);
    this.#connection.send = (exchange) =>
      send(exchange).catch((error: unknown) => {
        this.#earlier = { error };
        throw error;
      });
    await this.#connection.authenticate();
    this.#connection.send = send;
  }

  #told(error: unknown): Error {
    const given = connectionError(error, addressText(this.#address), this.#earlier);
    if (this.#proven || error === given || !(given instanceof Disconnected)) return given;
    const { tls, sasl } = this.#settings;
    const hint = openingHint(given.message, { tls: tls !== null, sasl: sasl !== null });
    return new Disconnected(given.message + hint, { cause: given.cause });
  }

  async send<T>(call: Call<T>): Promise<T> {
    const waiting = { sinceMs: performance.now() };
    this.#waiting.add(waiting);
    try {
      return await this.#send(call);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  async #send<T>(call: Call<T>): Promise<T> {
    await this.open();
    if (!this.#ranges.some(({ api, min, max }) => api === call.api && min <= call.version && call.version <= max))
      throw new KafkaError(UNSUPPORTED_VERSION, `${call.name} at ${addressText(this.#address)}`);
    let answer: Buffer;
    try {
      answer = await this.#exchange(call);
      this.#proven = true;
    } catch (error) {
      // Whatever comes later on this connection belongs to a request that has been given up.
      this.close();
      throw this.#told(error);
    }
    return call.decode(new Reader(answer));
  }

  #exchange(call: Call<unknown>): Promise<Buffer> {
    const payload = call.flexible === true ? Buffer.concat([NO_TAGS, call.body]) : call.body;
    const exchange: Exchange = {
      request: {
        apiKey: call.api,
        apiVersion: call.version,
        apiName: call.name,
        encode: async () => ({ buf: payload, buffer: payload }),
      },
      response: {
        decode: async (answer) => {
          const bytes = call.flexible === true ? answer.subarray(NO_TAGS.length) : answer;
          return { clientSideThrottleTime: throttleOf(call, bytes), bytes };
        },
        parse: async ({ bytes }) => bytes,
      },
      requestTimeout: REQUEST_MS + call.waitMs,
      logResponseError: false,
    };
    return this.#connection.send(exchange);
  }

  /** At once: what is under way ends as `Disconnected`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.rejectRequests(new Disconnected(`the connection to ${addressText(this.#address)} was closed`));
    this.#connection.disconnect().catch(() => undefined);
  }
}

/** A quota's answer begins with how long to wait; kafkajs then holds the next requests back. */
function throttleOf(call: Call<unknown>, bytes: Buffer): number {
  return call.api === API_PRODUCE || call.api === API_VERSIONS || bytes.length < 4 ? 0 : bytes.readInt32BE(0);
}

function checkVersions(ranges: readonly ApiRange[], address: Address): void {
  const lacking = NEEDED.filter(
    ({ api, version }) => !ranges.some((range) => range.api === api && range.min <= version && version <= range.max),
  );
  if (lacking.length === 0) return;
  const names = lacking.map(({ name, version }) => `${name} ${version}`).join(", ");
  throw new LogError(`${addressText(address)} does not speak the protocol of Kafka 2.4 to 4: it lacks ${names}`);
}

/** As people write it: an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
