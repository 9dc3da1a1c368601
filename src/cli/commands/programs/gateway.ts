// stipend gateway: decisions over HTTP, for applications that have no client of the log.

import { asInteger } from "../../../settings/parse.ts";
import { runGateway } from "../../../workflows/gateway/gateway.ts";
import { defineCommand } from "../../command.ts";
import { httpOptions } from "../../http-options.ts";
import { withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "decisions over HTTP, for applications without a client of the log",
  description:
    "POST /v1/decisions writes a session and answers with its decision; outcomes and profiles go the same way, and " +
    "/openapi.json has all of it. It needs `stipend run` beside it, on the same log, and keeps nothing itself: run as many as you like. " +
    "SIGTERM or Ctrl-C ends it.",
  examples: ["stipend gateway", "KAFKA_BROKERS=127.0.0.1:9092 stipend gateway --host 0.0.0.0 --tokens tokens.txt"],
  options: {
    ...httpOptions(8_080),
    maxInFlight: withDefault(
      "number",
      "requests for a decision that may wait at a time; more are answered 429",
      asInteger({ min: 1, max: 100_000 }),
      2_000,
    ),
    lingerMs: withDefault(
      "number",
      "milliseconds that a session waits for others to be written with",
      asInteger({ min: 0, max: 100 }),
      1,
    ),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, { maxInFlight, lingerMs, ...door }) {
    return await runGateway(context, door, { mostInFlight: maxInFlight, lingerMs });
  },
});
