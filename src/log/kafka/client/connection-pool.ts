// ConnectionPool
// Connections of one purpose, one to each broker that it needs. A broker answers a connection's requests in their
// order, so that whoever may wait long (a fetch, a join) must not share with whoever may not (a commit).

import { LogUnavailable } from "../../event-log.ts";
import { BrokerConnection } from "./connection.ts";
import { addressText, type Address } from "./socket.ts";
import { Disconnected } from "./errors.ts";
import { hedgedRequest } from "./hedged-request.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { Call } from "../protocol/calls.ts";

/** A broker that works answers what is quick within it; then another is asked as well. */
const HEDGE_MS = 250;

export class ConnectionPool {
  readonly #settings: ResolvedSettings;
  /** Null: the broker is none of the cluster any more. */
  readonly #address: (node: number) => Address | null;
  readonly #connections = new Map<number | string, BrokerConnection>();
  #closed = false;

  constructor(settings: ResolvedSettings, address: (node: number) => Address | null) {
    this.#settings = settings;
    this.#address = address;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async send<T>(node: number, call: Call<T>): Promise<T> {
    const address = this.#address(node);
    if (address === null) throw new Disconnected(`broker ${node} is not one of the cluster now`);
    return await this.#connection(node, address).send(call);
  }

  /** To whichever of the addresses answers first; those that have answered last are asked first. */
  async sendAny<T>(addresses: readonly Address[], call: Call<T>): Promise<T> {
    const asks = this.liveFirst(addresses).map(
      (address) => async () => await this.#connection(addressText(address), address).send(call),
    );
    return await hedgedRequest(asks, HEDGE_MS);
  }

  /** Each once, those first that have answered last. */
  liveFirst(addresses: readonly Address[]): Address[] {
    const unique = new Map(addresses.map((address) => [addressText(address), address]));
    const inTurn = [...unique].toSorted(([a], [b]) => Number(this.#isLive(b)) - Number(this.#isLive(a)));
    return inTurn.map(([, address]) => address);
  }

  #isLive(key: string): boolean {
    const connection = this.#connections.get(key);
    return connection !== undefined && connection.live;
  }

  #connection(key: number | string, address: Address): BrokerConnection {
    if (this.#closed) throw new LogUnavailable("the log is closed");
    const found = this.#connections.get(key);
    if (found?.usable === true && addressText(found.address) === addressText(address)) return found;
    found?.close();
    const connection = new BrokerConnection(this.#settings, address);
    this.#connections.set(key, connection);
    return connection;
  }

  /** Since when the request that has waited longest waits; null when none does. */
  get waitingSince(): number | null {
    const since = [...this.#connections.values()].flatMap(({ waitingSince }) => waitingSince ?? []);
    return since.length === 0 ? null : Math.min(...since);
  }

  /** Gives up what is asked of brokers that are none of the cluster any more, or are found elsewhere. */
  closeGone(): void {
    for (const [key, connection] of this.#connections) {
      if (typeof key === "string") continue;
      const address = this.#address(key);
      if (address !== null && addressText(address) === addressText(connection.address)) continue;
      connection.close();
      this.#connections.delete(key);
    }
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}
