// stipend dev: everything in one process, with a sample campaign, to try it and to build against it.

import { resolve } from "node:path";
import { asInteger, asText } from "../../../settings/parse.ts";
import { dev } from "../../../workflows/dev/dev.ts";
import { defineCommand } from "../../command.ts";
import { flag, option, withDefault } from "../../options.ts";

const asPort = asInteger({ min: 0, max: 65_535 });

export const command = defineCommand({
  summary: "everything in one process with a sample campaign: to try it, and to build against it",
  description:
    "The embedded log, the allocator, the gateway and the console on this machine's loopback, with a campaign and a release " +
    "that are written by hand (their figures are invented). Ready in seconds; Ctrl-C ends it. The log stays in the folder, so " +
    "that the next start goes on from there; the other commands see it with STIPEND_DIR=.stipend/dev/log. Its console can steer campaigns with a token that is made at each start: " +
    "it is said on the terminal, in the ready line of --json, and nowhere else.",
  examples: ["stipend dev", "stipend dev --ephemeral --port 0 --json"],
  options: {
    folder: withDefault("folder", "where its log is", asText, ".stipend/dev"),
    ephemeral: flag("in a folder of its own that is removed at the end"),
    port: withDefault("number", "of the gateway; 0 takes any free one", asPort, 8_080),
    consolePort: option("number", "of the console; 0 takes any free one (default: 8230, or 0 with --port 0)", asPort),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, { folder, ...options }) {
    return await dev(context, { ...options, folder: resolve(folder) });
  },
});
