// HTTP options: where a door listens and whom it lets in, for every command that opens one.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidInput } from "../domain/campaign.ts";
import type { HttpSettings } from "../http/server.ts";
import { tokenFile } from "../http/tokens.ts";
import { asAddress } from "../settings/config.ts";
import { asText } from "../settings/parse.ts";
import { systemElapsedMs } from "../task/system-clock.ts";
import type { Context } from "../terminal/context.ts";
import { option, type ValuesOf } from "./options.ts";

/** `port`: the one that it takes unless told otherwise. */
export function httpOptions(port: number) {
  return {
    listen: option("host:port", `where to listen; port 0 takes a free one (default: 127.0.0.1:${port})`, asAddress),
    tokens: option(
      "file",
      "who may do what: lines of NAME SCOPE,… TOKEN with scopes decide, read, command; without it anybody on loopback",
      asText,
    ),
    tlsCert: option("file", "speak TLS with this certificate (PEM, with the chain)", asText),
    tlsKey: option("file", "and this key of it (PEM)", asText),
  };
}

/** Throws InvalidInput that names the option. */
export function httpSettings(
  { output }: Pick<Context, "output">,
  port: number,
  { listen, tokens, tlsCert, tlsKey }: ValuesOf<ReturnType<typeof httpOptions>>,
): HttpSettings {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new InvalidInput("--tls-cert, --tls-key: a certificate needs its key, and a key its certificate");
  const onTrouble = (text: string): void => output.note(text, { level: "warn" });
  return {
    ...(listen ?? { host: "127.0.0.1", port }),
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
