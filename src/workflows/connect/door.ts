// Door: the settings of an HTTP door from what was typed: its address, the file of tokens, the certificate.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidInput } from "../../domain/campaign.ts";
import type { HttpSettings } from "../../http/server.ts";
import { tokenFile } from "../../http/tokens.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Context } from "../../terminal/context.ts";

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
    tls:
      tlsCert === undefined || tlsKey === undefined
        ? null
        : { cert: pem("--tls-cert", tlsCert), key: pem("--tls-key", tlsKey) },
    onTrouble,
  };
}

function pem(flag: string, file: string): string {
  try {
    return readFileSync(resolve(file), "utf8");
  } catch (error) {
    throw new InvalidInput(`${flag}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
