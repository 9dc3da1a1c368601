// HTTP options: where a door listens and whom it lets in, for every command that opens one.

import { asInteger, asText } from "../settings/parse.ts";
import { option, withDefault } from "./options.ts";

/** `port`: the one that it takes unless told otherwise. */
export function httpOptions(port: number) {
  return {
    host: withDefault("name", "address to listen on", asText, "127.0.0.1"),
    port: withDefault("number", "port to listen on; 0 takes any free one", asInteger({ min: 0, max: 65_535 }), port),
    tokens: option(
      "file",
      "who may do what: lines of NAME SCOPE,… TOKEN with scopes decide, read, command; without it anybody on loopback",
      asText,
    ),
    tlsCert: option("file", "speak TLS with this certificate (PEM, with the chain)", asText),
    tlsKey: option("file", "and this key of it (PEM)", asText),
  };
}
