// Connection
// One connection to one broker: opened once for all who ask meanwhile, asked for its versions, told who we are, and told
// again before that expires (KIP-368).

import { LogError } from "../../event-log.ts";
import { ProtocolReader } from "../protocol/bytes.ts";
import { apiVersions, type ApiRange, type Call } from "../protocol/calls.ts";
import { NEEDED } from "../protocol/needed.ts";
import type { ResolvedSettings } from "../settings.ts";
import { Disconnected, KafkaError } from "./errors.ts";
import { authenticate } from "./login/sasl.ts";
import { ScramFailed } from "./login/scram.ts";
import { addressText, openSocket, type Address } from "./socket.ts";
import { Transport } from "./transport.ts";

/** One that has not answered for so long is not asked first. */
const LIVE_MS = 500;
/** Of the time for which an authentication holds. */
const RENEW_AFTER = 0.8;
const UNSUPPORTED_MECHANISM = 33;
const ILLEGAL_SASL_STATE = 34;
const UNSUPPORTED_VERSION = 35;
const SASL_AUTHENTICATION_FAILED = 58;

export class BrokerConnection {
  readonly address: Address;
  readonly #settings: ResolvedSettings;
  #transport: Transport | null = null;
  #opening: Promise<Transport> | null = null;
  /** What the broker can do. */
  #ranges: readonly ApiRange[] = [];
  /** When we are to tell again who we are. */
  #renewMs = Infinity;
  #renewing: Promise<void> | null = null;
  /** Has answered something: a listener that wants a user tells its versions to everybody, and no more. */
  #proven = false;
  readonly #closed = new AbortController();
  /** When each request that has no answer yet was made, the oldest first. */
  readonly #waiting = new Set<{ readonly sinceMs: number }>();

  constructor(settings: ResolvedSettings, address: Address) {
    this.#settings = settings;
    this.address = address;
  }

  get usable(): boolean {
    return !this.#closed.signal.aborted && this.#transport?.open !== false;
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
    this.#opening ??= this.#open();
    const transport = await this.#opening;
    if (performance.now() >= this.#renewMs) await this.#renew(transport);
    if (!this.#ranges.some(({ api, min, max }) => api === call.api && min <= call.version && call.version <= max))
      throw new KafkaError(UNSUPPORTED_VERSION, `${call.name} at ${addressText(this.address)}`);
    let answer: Buffer;
    try {
      answer = await transport.exchange(call);
    } catch (error) {
      throw this.#explained(error);
    }
    this.#proven = true;
    return call.decode(new ProtocolReader(answer));
  }

  async #open(): Promise<Transport> {
    try {
      const socket = await openSocket(this.address, this.#settings.tls?.() ?? null, this.#closed.signal);
      const transport = new Transport(socket, this.#settings.clientId);
      this.#transport = transport;
      if (this.#closed.signal.aborted) this.close();
      this.#ranges = await ask(transport, apiVersions());
      checkVersions(this.#ranges);
      await this.#authenticate(transport);
      this.#settings.admitted.once = true;
      return transport;
    } catch (error) {
      this.close();
      throw this.#explained(error);
    }
  }

  /** What is asked meanwhile waits: a broker answers nothing else until it knows again who we are. */
  async #renew(transport: Transport): Promise<void> {
    this.#renewing ??= this.#authenticate(transport).finally(() => (this.#renewing = null));
    try {
      await this.#renewing;
    } catch (error) {
      this.close();
      throw this.#explained(error);
    }
  }

  async #authenticate(transport: Transport): Promise<void> {
    const { sasl } = this.#settings;
    if (sasl === null) return;
    const startedMs = performance.now();
    const lifetimeMs = await authenticate((call) => ask(transport, call), sasl);
    this.#renewMs = lifetimeMs > 0 ? startedMs + lifetimeMs * RENEW_AFTER : Infinity;
  }

  /** With the broker's address, and with what of the settings may be the cause. */
  #explained(error: unknown): Error {
    const place = addressText(this.address);
    if (error instanceof ScramFailed || (error instanceof KafkaError && REFUSALS.has(error.code))) {
      const why = `${place} refuses the user: ${error.message}; check the SASL mechanism, user and password`;
      if (!this.#settings.admitted.once) return new LogError(why);
      return new Disconnected(`${why}; it is tried again until the broker and the settings agree`, { cause: error });
    }
    if (error instanceof Disconnected) {
      const hint = this.#proven ? "" : openingHint(error.message, this.#settings);
      return new Disconnected(`${place}: ${error.message}${hint}`, { cause: error });
    }
    if (error instanceof KafkaError && error.code === ILLEGAL_SASL_STATE) return new KafkaError(error.code, place);
    if (error instanceof LogError) return new LogError(`${place}: ${error.message}`, { cause: error });
    return error instanceof Error ? error : new Error(String(error));
  }

  /** At once: what is under way ends as `Disconnected`. */
  close(): void {
    this.#closed.abort();
    this.#transport?.close(new Disconnected("the connection was closed"));
  }
}

const REFUSALS: ReadonlySet<number> = new Set([UNSUPPORTED_MECHANISM, SASL_AUTHENTICATION_FAILED]);

async function ask<T>(transport: Transport, call: Call<T>): Promise<T> {
  return call.decode(new ProtocolReader(await transport.exchange(call)));
}

function checkVersions(ranges: readonly ApiRange[]): void {
  const lacking = NEEDED.filter(
    ({ api, version }) => !ranges.some((range) => range.api === api && range.min <= version && version <= range.max),
  );
  if (lacking.length === 0) return;
  const names = lacking.map(({ name, version }) => `${name} ${version}`).join(", ");
  throw new LogError(`the broker does not speak the protocol of Kafka 2.4 to 4: it lacks ${names}`);
}

/** What a connection that broke off while it was being opened may mean: settings that do not fit the listener. */
export function openingHint(message: string, { tls, sasl }: Pick<ResolvedSettings, "tls" | "sasl">): string {
  if (/certificate/i.test(message)) return "; is this the authority to trust, and the host that its certificate names?";
  if (/before secure TLS|wrong version number|packet length too long/.test(message))
    return "; does this listener speak TLS?";
  if (!/closed the connection|not Kafka's protocol/.test(message)) return "";
  if (tls === null) return sasl === null ? "; does this listener want TLS or SASL?" : "; does this listener want TLS?";
  return sasl === null ? "; does this listener want SASL?" : "";
}
