// stipend console: a page for people over what is on the log.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { asInteger, asText } from "../../../settings/parse.ts";
import { DONE } from "../../../terminal/context.ts";
import { serveConsole } from "../../../workflows/console/serve-console.ts";
import { defineCommand } from "../../command.ts";
import { flag, option, withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "a page for people: campaigns, their money, changes, users and health, live",
  description:
    "Serves a page over what is on the log, live, until Ctrl-C. It needs no running allocator, and only reads, unless " +
    "--commands is given with a file of tokens: then whoever has a token with the scope command can steer campaigns from it. " +
    "A file of tokens has lines of NAME SCOPE,… TOKEN; on another address than loopback it is needed for reading too.",
  examples: ["stipend console", "stipend console --port 8230 --tokens tokens.txt --commands"],
  options: {
    host: withDefault("name", "address to listen on", asText, "127.0.0.1"),
    port: withDefault("number", "port to listen on; 0 takes any free one", asInteger({ min: 0, max: 65_535 }), 8_230),
    tokens: option("file", "who may read and who may command", asText),
    commands: flag("let those with a token of the scope command steer campaigns"),
  },
  endsBySignal: true,
  json: "lines",
  async run(context, { host, port, tokens, commands }) {
    if (commands && tokens === undefined)
      throw new InvalidInput("--commands: without --tokens nobody could be told from anybody; name a file of tokens");
    await serveConsole(context, { host, port, tokens: tokens ?? null, commands });
    return DONE;
  },
});
