// Program settings: who asks, how much is said, and where a program answers.

import { MAX_ID_BYTES } from "../../domain/ids.ts";
import { LEVELS, type Level } from "../../terminal/output.ts";
import { asAddress } from "../address.ts";
import { asLine, asOneOf } from "../parse.ts";
import { setting } from "../setting.ts";

export const PROGRAM_SETTINGS = {
  actor: setting<string | null>(
    "STIPEND_ACTOR",
    "who asks, in commands that steer a campaign",
    null,
    asLine(MAX_ID_BYTES),
    "the system's user",
  ),
  logLevel: setting<Level>(
    "STIPEND_LOG_LEVEL",
    `how much is said on the way: ${LEVELS.join(", ")}`,
    "info",
    asOneOf(LEVELS),
  ),
  http: setting<{ readonly host: string; readonly port: number } | null>(
    "STIPEND_HTTP",
    "host:port on which `run` answers /healthz, /readyz and /metrics; each of its workers on the next port",
    null,
    asAddress,
  ),
} as const;
