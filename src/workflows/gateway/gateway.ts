// Gateway: decisions over HTTP on the log that the settings name, until the context's signal.

import { openGateway, type GatewayOptions } from "../../gateway/gateway.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import { DONE, type Context } from "../../terminal/context.ts";
import { aborted } from "../../terminal/signals.ts";
import { doorSettings, openedAt, type TypedDoor } from "../connect/door.ts";
import { withLog } from "../connect/open-log.ts";

/** Answers the exit code. */
export async function runGateway(
  context: Context,
  door: TypedDoor,
  options: Pick<GatewayOptions, "mostInFlight" | "lingerMs">,
): Promise<number> {
  const { output, nowMs, signal } = context;
  const http = doorSettings(context, door);
  return await withLog(context, async (log) => {
    const gateway = await openedAt("--host, --port", () =>
      openGateway({ log, http, ...options, nowMs, elapsedMs: systemElapsedMs }),
    );
    output.item(
      { event: "listening", address: gateway.address },
      () => `${gateway.address} answers POST /v1/decisions`,
    );
    await aborted(signal);
    await gateway.close();
    return DONE;
  });
}
