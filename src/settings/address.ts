// Address: host:port, of a name, an IPv4 address, or an IPv6 address in brackets.

import { isIPv6 } from "node:net";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import type { Parse } from "./parse.ts";

export const asAddress: Parse<{ readonly host: string; readonly port: number }> = (typed) => {
  const address = addressIn(typed);
  if (address === null) throw new InvalidInput(`expected host:port, got "${typed}"${bracketsHint(typed)}`);
  return address;
};

export const asBrokers: Parse<readonly string[]> = (typed) => {
  const brokers = typed.split(",").map((broker) => broker.trim());
  const odd = brokers.find((broker) => addressIn(broker) === null);
  if (odd !== undefined)
    throw new InvalidInput(`expected host:port, with commas between them, got "${odd}"${bracketsHint(odd)}`);
  return brokers;
};

function addressIn(typed: string): { readonly host: string; readonly port: number } | null {
  const [, name = "", port = ""] = /^([^\s:,/[\]]+|\[[\da-f:.]+(?:%[\w.-]+)?\]):(\d{1,5})$/i.exec(typed) ?? [];
  const host = name.replace(/^\[|\]$/g, "");
  return host === "" || Number(port) > 65_535 || (name.startsWith("[") && !isIPv6(host))
    ? null
    : { host, port: Number(port) };
}

function bracketsHint(typed: string): string {
  return isIPv6(typed) || isIPv6(typed.replace(/:\d{1,5}$/, ""))
    ? ": an IPv6 address stands in brackets, [::1]:9092"
    : "";
}
