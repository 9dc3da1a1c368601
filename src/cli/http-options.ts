// HTTP options: where a door listens and whom it lets in, for every command that opens one.

import { asAddress } from "../settings/config.ts";
import { asText } from "../settings/parse.ts";
import type { TypedDoor } from "../workflows/connect/door.ts";
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

export function doorOf(port: number, values: ValuesOf<ReturnType<typeof httpOptions>>): TypedDoor {
  return { ...values, listen: values.listen ?? { host: "127.0.0.1", port } };
}
