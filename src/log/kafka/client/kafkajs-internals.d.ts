// The part of kafkajs 2.2.4 that this adapter stands on: one connection, with its TLS and SASL. It has no types of its
// own for it. The version is pinned, and the library is no longer developed: this shape does not move.

declare module "kafkajs/src/network/connection.js" {
  import type { ConnectionOptions } from "node:tls";

  export interface Logger {
    namespace(name: string): Logger;
    error(message: string, extra?: object): void;
    warn(message: string, extra?: object): void;
    info(message: string, extra?: object): void;
    debug(message: string, extra?: object): void;
  }

  /** What kafkajs looks at in an answer, and the answer. */
  export interface Decoded {
    readonly clientSideThrottleTime: number;
    readonly bytes: Buffer;
  }

  export interface Exchange {
    readonly request: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: {
      readonly decode: (payload: Buffer) => Promise<Decoded>;
      readonly parse: (decoded: Decoded) => Promise<Buffer>;
    };
    readonly requestTimeout?: number;
    readonly logResponseError?: boolean;
  }

  export default class Connection {
    constructor(options: {
      readonly host: string;
      readonly port: number;
      readonly logger: Logger;
      readonly socketFactory: unknown;
      readonly requestTimeout: number;
      readonly connectionTimeout: number;
      readonly enforceRequestTimeout: boolean;
      readonly clientId: string;
      readonly ssl: ConnectionOptions | null;
      readonly sasl: { readonly mechanism: string; readonly username: string; readonly password: string } | null;
    });
    connect(): Promise<unknown>;
    disconnect(): Promise<unknown>;
    isConnected(): boolean;
    setVersions(versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>>): void;
    setSupportAuthenticationProtocol(supported: boolean): void;
    authenticate(): Promise<void>;
    send(exchange: Exchange): Promise<Buffer>;
    readonly requestQueue: { readonly pending: readonly unknown[]; scheduleCheckPendingRequests(): void };
    rejectRequests(error: Error): void;
  }
}

declare module "kafkajs/src/network/socketFactory.js" {
  export default function socketFactory(): unknown;
}
