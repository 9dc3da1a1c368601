// Door: the settings of an HTTP door from what was typed: its address, the file of tokens, the certificate.

import { resolve } from "node:path";
import { must } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { CannotListen } from "../../http/address.ts";
import type { HttpSettings } from "../../http/server.ts";
import { tokenFile } from "../../http/tokens.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Context } from "../../terminal/context.ts";
import { readTls } from "./pem.ts";

export interface TypedDoor {
  readonly host: string;
  readonly port: number;
  /** Files. */
  readonly tokens: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/** Throws InvalidInput that names the option. */
export function doorSettings(
  { output }: Pick<Context, "output">,
  { host, port, tokens, tlsCert, tlsKey }: TypedDoor,
): HttpSettings {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new InvalidInput("--tls-cert, --tls-key: a certificate needs its key, and a key its certificate");
  const onTrouble = (text: string): void => output.note(text, { level: "warn" });
  return {
    host,
    port,
    tokens: tokens === undefined ? null : tokenFile(resolve(tokens), systemElapsedMs, onTrouble),
    tls: tlsCert === undefined || tlsKey === undefined ? null : certificate(tlsCert, tlsKey),
    onTrouble,
  };
}

function certificate(certFile: string, keyFile: string): NonNullable<HttpSettings["tls"]> {
  const { cert, key } = readTls({
    cert: { name: "--tls-cert", file: resolve(certFile) },
    key: { name: "--tls-key", file: resolve(keyFile) },
  });
  return { cert: must(cert, "the certificate"), key: must(key, "the key") };
}

/** What opens a door, its refusal naming the setting to change. `taken`: who may have the port. */
export async function openedAt<T>(
  setting: string,
  open: () => Promise<T>,
  taken = "another program has the port",
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof CannotListen)) throw error;
    const why = error.isTaken ? `; ${taken}: name another one, or 0 for any free one` : "";
    throw new InvalidInput(`${setting}: ${error.message}${why}`, { cause: error });
  }
}
