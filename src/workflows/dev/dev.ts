// Dev
// All that there is in one process, for whoever tries it or builds against it: the embedded log, the allocator, the treasury,
// the gateway and the console, with a sample campaign that is live.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConsole } from "../../console/server/console.ts";
import { openGateway } from "../../gateway/gateway.ts";
import type { EventLog } from "../../log/event-log.ts";
import { publishRelease } from "../../retrain/publish.ts";
import { tryClassifier } from "../../serve/classify/onnx.ts";
import { parseTokens } from "../../http/tokens.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Context } from "../../terminal/context.ts";
import { shellWord } from "../../terminal/shell-word.ts";
import { openedAt } from "../connect/door.ts";
import { makeFolder } from "../connect/folder.ts";
import { campaignsOn } from "../control/campaigns.ts";
import { send } from "../control/control.ts";
import { run } from "../run/run.ts";
import { SAMPLE_CAMPAIGN, sampleCampaign, sampleRelease } from "./sample.ts";

export interface DevOptions {
  readonly folder: string;
  /** In a folder of its own, which is removed at the end. */
  readonly ephemeral: boolean;
  readonly port: number;
  /** Undefined: 8230, or any free one where the gateway takes any. */
  readonly consolePort: number | undefined;
}

const HOST = "127.0.0.1";
const PLACE = "the embedded log of stipend dev";
const MOST_IN_FLIGHT = 2_000;
const LINGER_MS = 1;
const COMMAND_MS = 30_000;
const CONSOLE_PORT = 8_230;
const TAKEN = "another `stipend dev` may be running";

/** Until the context's signal; answers the exit code. */
export async function dev(context: Context, options: DevOptions): Promise<number> {
  const folder = options.ephemeral ? mkdtempSync(join(tmpdir(), "stipend-dev-")) : options.folder;
  const dir = join(folder, "log");
  const stateDir = join(folder, "state");
  for (const each of [dir, stateDir]) makeFolder("--folder", each);
  const config = {
    ...context.config,
    dir,
    stateDir,
    kafkaBrokers: null,
    schemaRegistryUrl: null,
  };
  try {
    return await run(
      { ...context, config },
      {
        retraining: false,
        standby: false,
        // A laptop sleeps; nothing of worth is in the log.
        acceptClock: true,
        beside: (log) => openDoors(context, log, options),
      },
    );
  } finally {
    if (options.ephemeral) rmSync(folder, { recursive: true, force: true });
  }
}

async function openDoors(context: Context, log: EventLog, options: DevOptions) {
  const { port, consolePort } = options;
  const { output, nowMs, newId, config } = context;
  await prepareSample(context, log);
  const door = {
    host: HOST,
    tokens: null,
    tls: null,
    onTrouble: (text: string) => output.note(text, { level: "warn" }),
  };
  const openedGateway = () =>
    openGateway({
      log,
      http: { ...door, port },
      mostInFlight: MOST_IN_FLIGHT,
      lingerMs: LINGER_MS,
      nowMs,
      elapsedMs: systemElapsedMs,
    });
  const gateway = await openedAt("--port", openedGateway, TAKEN);
  try {
    // Whoever starts it may steer it; a page that another program opens may not.
    const token = newId();
    const tokens = parseTokens(`dev read,command ${token}`, "dev");
    const http = { ...door, tokens, port: consolePort ?? (port === 0 ? 0 : CONSOLE_PORT) };
    const openedConsole = () =>
      openConsole({
        log,
        place: PLACE,
        application: config.application,
        http,
        commands: true,
        report: null,
        elapsedMs: systemElapsedMs,
        nowMs,
        newId,
      });
    const pages = await openedAt("--console-port", openedConsole, TAKEN);
    const ready = { event: "ready", gateway: gateway.address, console: pages.address, campaign: SAMPLE_CAMPAIGN };
    // The token is for who started it, not for whoever reads what was kept of the output.
    output.item(context.json ? { ...ready, token } : ready, () => readyText(gateway.address, pages.address, options));
    output.toTerminal(`to steer campaigns in the console, unlock it with ${token}`);
    return {
      async close() {
        await gateway.close();
        await pages.close();
      },
    };
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

/** What the log does not have of it: all of it at the first start. */
async function prepareSample(context: Context, log: EventLog): Promise<void> {
  const { nowMs, newId, signal } = context;
  const known = (await campaignsOn(log)).find(({ campaign }) => campaign.id === SAMPLE_CAMPAIGN);
  if (known !== undefined && known.release !== null) return;
  const release = sampleRelease();
  await publishRelease(log, SAMPLE_CAMPAIGN, { release, evidenceText: "{}" }, nowMs(), tryClassifier);
  const create = { kind: "create", campaign: sampleCampaign(nowMs()) } as const;
  const promote = { kind: "promote_release", release: release.hash } as const;
  for (const action of known === undefined ? [create, promote] : [promote]) {
    // By one id at every start: a start that was killed may have sent it.
    const commandId = `dev ${action.kind}`;
    const request = { campaign: SAMPLE_CAMPAIGN, action, actor: context.actor, reason: "stipend dev", commandId };
    const { answer } = await send(log, request, { nowMs, newId, wait: true, timeoutMs: COMMAND_MS, signal });
    if (answer?.outcome === "refused") throw new Error(`the sample campaign was refused: ${answer.reason}`);
  }
}

function readyText(gateway: string, pages: string, { folder, ephemeral }: DevOptions): string {
  return [
    `decisions  ${gateway}  (POST /v1/decisions; ${gateway}/openapi.json has the rest)`,
    `console    ${pages}`,
    ...(ephemeral ? [] : [`commands   STIPEND_DIR=${shellWord(join(folder, "log"))} bin/stipend pacing status`]),
    "",
    `curl ${gateway}/v1/decisions -H 'content-type: application/json' \\`,
    `  -d '{"sessionId":"s-1","userId":"u-1","attributes":{"visits":5,"member":true}}'`,
    "",
    "Ctrl-C ends it",
  ].join("\n");
}
