// SASL calls: the mechanism is agreed on, then its messages go to and fro.

import { KafkaError } from "../client/errors.ts";
import { ProtocolWriter } from "./bytes.ts";
import type { Call } from "./calls.ts";

export const SASL_HANDSHAKE = 17;
export const SASL_AUTHENTICATE = 36;
const UNSUPPORTED_MECHANISM = 33;

export function saslHandshake(mechanism: string): Call<void> {
  const body = new ProtocolWriter().text(mechanism).bytes;
  return {
    api: SASL_HANDSHAKE,
    version: 1,
    name: "SaslHandshake",
    body,
    waitMs: 0,
    decode(reader) {
      const error = reader.i16();
      const offered = reader.array(() => reader.text()).join(", ");
      if (error === UNSUPPORTED_MECHANISM) throw new KafkaError(error, `${mechanism}, and the broker has ${offered}`);
      if (error !== 0) throw new KafkaError(error, "SASL handshake");
    },
  };
}

export interface SaslAnswer {
  readonly bytes: Buffer;
  /** After so long the broker wants to be told again who we are (KIP-368); 0: never. */
  readonly lifetimeMs: number;
}

export function saslAuthenticate(bytes: Uint8Array): Call<SaslAnswer> {
  const body = new ProtocolWriter().blob(bytes).bytes;
  return {
    api: SASL_AUTHENTICATE,
    version: 1,
    name: "SaslAuthenticate",
    body,
    waitMs: 0,
    decode(reader) {
      const error = reader.i16();
      const message = reader.text();
      if (error !== 0) throw new KafkaError(error, message ?? "SASL authentication");
      return { bytes: reader.blob() ?? Buffer.alloc(0), lifetimeMs: reader.i64() };
    },
  };
}
