// Program
// From a command line to an exit code: finds the command, reads its tables with commander, runs it, and says what went
// wrong in words. Everything of the outside is handed in.

import type { Readable } from "node:stream";
import { Command as Parser, CommanderError } from "commander";
import { InvalidInput } from "../domain/campaign/campaign.ts";
import { VERSION } from "../settings/version.ts";
import { must } from "../domain/assert.ts";
import { errorMessage } from "../domain/error-message.ts";
import { CATALOGUE, GROUPS, nameIn } from "./catalogue.ts";
import type { Command } from "./command.ts";
import { CHECK_FAILED, DONE, WRONG_USE, type Context } from "../terminal/context.ts";
import {
  describeSettings,
  loadConfig,
  configSecrets,
  unknownSettings,
  configWarnings,
  type Config,
  type Variables,
} from "../settings/config.ts";
import type { Options } from "./options.ts";
import { toArgument, toOption, withFallbacks } from "./parser.ts";
import { createOutput, type Logging } from "../terminal/output.ts";
import { redactor } from "../settings/redact.ts";
import { createProgress, progressMode, type Write } from "../terminal/progress.ts";

const HELP_COLUMNS = 100;
const EXIT_CODES = "Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration.";

/** The outside, as main.ts hands it in and a test makes it. */
export interface ProgramWorld {
  readonly env: Variables;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Write;
  readonly stderr: Write;
  /** Of stderr, where progress is shown. */
  readonly terminal: { readonly isTerminal: boolean; readonly columns: () => number };
  /** Aborts at the first signal; called once, when a command that ends by itself begins. */
  readonly watchSignals: () => AbortSignal;
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** Of the system's user; null where it has none. */
  readonly userName: () => string | null;
}

/** Runs one command line; resolves to the exit code and never rejects. */
export async function runProgram(line: readonly string[], world: ProgramWorld): Promise<number> {
  try {
    const name = nameIn(line);
    const command = name === undefined ? undefined : (await must(CATALOGUE[name], name).load()).command;
    const started: { run?: Promise<number> } = {};
    const parser = buildParser(world, name, command, (values) => {
      started.run = start(must(command, "the command"), values, world);
    });
    parser.parse(line.length === 0 ? ["--help"] : [...line], { from: "user" });
    return await (started.run ?? DONE);
  } catch (error) {
    const code = explain(error, world);
    // Who types nothing is shown what there is, and has done nothing.
    return line.length === 0 ? WRONG_USE : code;
  }
}

/** Nothing that goes wrong with the command leaves it: it is said as the command says everything. */
async function start(
  command: Command,
  values: Readonly<Record<string, unknown>>,
  world: ProgramWorld,
): Promise<number> {
  const format = values["log"] === "json" || (values["log"] === "auto" && !world.terminal.isTerminal) ? "json" : "text";
  const log: Logging = { format, level: "info", nowMs: world.nowMs, redact: redactor([]) };
  let config: Config;
  try {
    config = loadConfig(world.env, world.cwd);
  } catch (error) {
    return explain(error, world, log);
  }
  const told = { ...log, level: config.logLevel, redact: redactor(configSecrets(config)) };
  try {
    return await runCommand(command, values, world, config, told);
  } catch (error) {
    return explain(error, world, told);
  }
}

async function runCommand(
  command: Command,
  values: Readonly<Record<string, unknown>>,
  world: ProgramWorld,
  config: Config,
  log: Logging,
): Promise<number> {
  const { env, stderr } = world;
  const json = values["json"] === true;
  const mode = progressMode({ terminal: world.terminal.isTerminal, json, ci: Boolean(env["CI"]) });
  const progress = createProgress({ mode, write: stderr, nowMs: world.nowMs, columns: world.terminal.columns });
  const output = createOutput({
    json,
    isTerminal: world.terminal.isTerminal,
    log,
    stdout: world.stdout,
    stderr,
    progress,
  });
  for (const sentence of [...unknownSettings(env), ...configWarnings(config)])
    output.note(`warning: ${sentence}`, { level: "warn" });
  const context: Context = {
    config,
    json,
    log: log.format,
    progress,
    output,
    signal: command.endsBySignal ? world.watchSignals() : new AbortController().signal,
    stdin: world.stdin,
    nowMs: world.nowMs,
    newId: world.newId,
    actor: config.actor ?? world.userName(),
  };
  try {
    return await command.run(context, values);
  } finally {
    progress.clear();
  }
}

/** Says what went wrong, and for wrong use what to do next; the stack only for who looks for it. */
function explain(error: unknown, { env, stderr, nowMs }: ProgramWorld, log?: Logging): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE;
  const progress = { report: () => undefined, clear: () => undefined };
  const told = log ?? { format: "text", level: "info", nowMs, redact: redactor([]) };
  const output = createOutput({ json: false, isTerminal: false, log: told, stdout: stderr, stderr, progress });
  const message = errorMessage(error);
  const stack = env["STIPEND_DEBUG"] && error instanceof Error ? { stack: error.stack } : {};
  if (told.format === "json") output.note(message, { level: "error", ...stack });
  else output.note([`error: ${message}`, ...Object.values(stack)].join("\n"), { level: "error" });
  if (error instanceof InvalidInput) return WRONG_USE;
  if (!env["STIPEND_DEBUG"] && told.format === "text")
    output.note("STIPEND_DEBUG=1 shows where it comes from.", { level: "error" });
  return CHECK_FAILED;
}

type Run = (values: Readonly<Record<string, unknown>>) => void;

/** All commands by name and summary; the one that is asked for with its tables. */
function buildParser(world: ProgramWorld, chosen: string | undefined, command: Command | undefined, run: Run): Parser {
  const program = new Parser("stipend")
    .description("Decides in real time, and inside a money budget, which incentive each arriving user gets.")
    .version(VERSION, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: world.stdout,
      writeErr: world.stderr,
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
    })
    .addHelpText("after", () => `\n${programNotes()}`);
  for (const [name, entry] of Object.entries(CATALOGUE)) {
    const [first = "", second] = name.split(" ");
    const parser = second === undefined ? program.command(first) : groupOf(program, first).command(second);
    parser.description(entry.summary).summary(entry.summary);
    if (name === chosen && command !== undefined) complete(parser, command, run);
  }
  return program;
}

function groupOf(program: Parser, name: string): Parser {
  const found = program.commands.find((parser) => parser.name() === name);
  if (found !== undefined) return found;
  const group = program
    .command(name)
    .description(GROUPS[name] ?? "")
    .helpCommand(false);
  return group.addHelpText("after", `\n\`stipend ${name} COMMAND --help\` tells more of each.`);
}

function programNotes(): string {
  return [
    "Examples:",
    "  stipend day --seed 7",
    "  stipend train --data log.csv.gz --mapping mapping.yaml --out releases/first",
    "  stipend tail decisions --follow",
    "",
    describeSettings(),
    "",
    EXIT_CODES,
    "`stipend COMMAND --help` tells more of each.",
  ].join("\n");
}

function complete(parser: Parser, command: Command, run: Run): void {
  parser.description([command.summary, command.description].filter(Boolean).join("\n\n"));
  for (const [name, table] of Object.entries(command.arguments)) parser.addArgument(toArgument(name, table));
  for (const [name, table] of Object.entries(command.options)) parser.addOption(toOption(name, table));
  const lines = command.json === "lines";
  parser.option("--json", `print ${lines ? "a JSON object a line" : "one JSON object"} on stdout, all else on stderr`);
  const examples = ["Examples:", ...command.examples.map((example) => `  ${example}`)].join("\n");
  parser.addHelpText("after", `\n${examples}\n\n${EXIT_CODES}`);
  parser.action(() => run({ ...withFallbacks(command.options, parser.opts()), ...byName(command.arguments, parser) }));
}

function byName(options: Options, parser: Parser): Record<string, unknown> {
  const values = Object.entries(options).map(([name, table], index) => [
    name,
    (parser.processedArgs as unknown[])[index] ?? table.fallback,
  ]);
  return Object.fromEntries(values) as Record<string, unknown>;
}
