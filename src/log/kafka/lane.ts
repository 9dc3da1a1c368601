// Lane
// Connections of one purpose, one to each broker that it needs. A broker answers a connection's requests in their
// order, so that whoever may wait long (a fetch, a join) must not share with whoever may not (a commit).

import { must } from "../../domain/assert.ts";
import { LogUnavailable } from "../event-log.ts";
import { BrokerConnection, type Address } from "./connection.ts";
import { Disconnected } from "./errors.ts";
import type { Settings } from "./settings.ts";
import type { Call } from "./wire/calls.ts";

export class Lane {
  readonly #settings: Settings;
  readonly #address: (node: number) => Address;
  readonly #connections = new Map<number | string, BrokerConnection>();
  #closed = false;

  constructor(settings: Settings, address: (node: number) => Address) {
    this.#settings = settings;
    this.#address = address;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async send<T>(node: number, call: Call<T>): Promise<T> {
    return await this.#connection(node, this.#address(node)).send(call);
  }

  /** To the first of the addresses that answers. */
  async sendAny<T>(addresses: readonly Address[], call: Call<T>): Promise<T> {
    let last: unknown = new Disconnected("no broker is known");
    for (const address of addresses) {
      try {
        return await this.#connection(`${address.host}:${address.port}`, address).send(call);
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
        last = error;
      }
    }
    throw last;
  }

  #connection(key: number | string, address: Address): BrokerConnection {
    if (this.#closed) throw new LogUnavailable("the log is closed");
    const found = this.#connections.get(key);
    if (found?.usable === true && found.address.host === address.host && found.address.port === address.port)
      return found;
    found?.close();
    const connection = new BrokerConnection(this.#settings, address);
    this.#connections.set(key, connection);
    return connection;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}

export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, "");
  return { host: must(host || null, `host in ${JSON.stringify(text)}`), port: Number(text.slice(colon + 1)) };
}
