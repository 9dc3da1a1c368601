// stipend run: the allocator by itself, on whatever log the settings name, until a signal.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { InvalidInput } from "../../domain/campaign.ts";
import { AlreadyRunning } from "../../log/event-log.ts";
import { checkFeatureService } from "../../serve/enrich/feature-check.ts";
import type { TaskObserver } from "../../task/observer.ts";
import { ClockJumped, guardedClock } from "../../task/clock-guard.ts";
import { StoreFailed } from "../../task/store/local-store.ts";
import { holdStores } from "../../task/store/store-holder.ts";
import { systemBoot, systemClock, systemReading } from "../../task/system-clock.ts";
import { SECRET_BYTES } from "../../domain/control.ts";
import { openAllocator, type Allocator } from "../../workflows/run/allocator.ts";
import type { retrainBeside as RetrainBeside } from "../../workflows/retrain/retrain-beside.ts";
import { defineCommand } from "../command.ts";
import { CHECK_FAILED, DONE, type Context } from "../../terminal/context.ts";
import { isShared, openLog, type OpenedLog } from "../../workflows/connect/open-log.ts";
import { flag, withDefault } from "../options.ts";
import { asInteger, asOneOf } from "../../settings/parse.ts";
import { observers, openRunHttp, type RunHttp } from "../../workflows/run/run-http.ts";
import { watchRun, type RunWatch } from "../../workflows/run/run-watch.ts";
import { openRunRecord } from "../../workflows/run/run-record.ts";
import { clockFault, newestCycleMs } from "../../workflows/run/start-clock.ts";
import { runWorkers } from "../../workflows/run/workers.ts";

/** How far behind a copy may be: what its takeover reads. */
const STANDBY_MS = 2_000;

export const command = defineCommand({
  summary: "run the allocator on the log that the settings name",
  description:
    "Makes the topics that are missing, takes part in the work (on Kafka with all who run under the same " +
    "STIPEND_APPLICATION, on the embedded log alone), decides sessions, grants budgets, and trains anew in a process of its " +
    "own when STIPEND_RETRAIN_ROWS or STIPEND_RETRAIN_PERIOD_MS says so; what comes out is a candidate. SIGTERM or Ctrl-C " +
    "finishes what is under way, gives the partitions back and ends with 0.",
  examples: ["stipend run", "KAFKA_BROKERS=127.0.0.1:9092 stipend run --workers 2"],
  options: {
    workers: withDefault(
      "number",
      "so many processes that share the work, on Kafka",
      asInteger({ min: 1, max: 64 }),
      1,
    ),
    acceptClock: flag("start although the clock is far ahead of the run before: it is right"),
    withoutRetraining: flag("never train anew"),
    log: withDefault(
      "format",
      "text, json (an object a line: time, level, message and what it is about), or auto: json where no terminal is",
      asOneOf(["auto", "text", "json"]),
      "auto",
    ),
    standby: flag(
      "keep copies of the partitions that others run, so that a takeover starts warm, on Kafka: disk and reading for a whole copy",
    ),
  },
  json: "lines",
  endsBySignal: true,
  async run(context, { workers, withoutRetraining, standby, acceptClock }) {
    if (standby && !isShared(context.config))
      throw new InvalidInput(
        "--standby: the embedded log gives all partitions to one process: there is nothing to stand by for. " +
          "Run without --standby, or on Kafka (KAFKA_BROKERS)",
      );
    if (workers > 1) {
      if (!isShared(context.config))
        throw new InvalidInput(
          "--workers: the embedded log gives all partitions to one process: several would wait for each other's disk. " +
            "Run without --workers, or on Kafka (KAFKA_BROKERS)",
        );
      return await runWorkers(context, workers, [
        ...(withoutRetraining ? ["--without-retraining"] : []),
        ...(standby ? ["--standby"] : []),
        ...(acceptClock ? ["--accept-clock"] : []),
        ...["--log", context.log],
      ]);
    }
    const log = await openLog(context, { make: true });
    let release: (() => void) | null = null;
    try {
      release = isShared(context.config) ? holdStateDir(context.config.stateDir) : null;
      return await runOn(context, log, { retraining: !withoutRetraining, standby, acceptClock });
    } catch (error) {
      if (!(error instanceof AlreadyRunning)) throw error;
      context.output.item(
        { event: "already_running", message: error.message },
        () => `already running: ${error.message}`,
      );
      return CHECK_FAILED;
    } finally {
      release?.();
      await log.close();
    }
  },
});

interface RunOptions {
  readonly retraining: boolean;
  readonly standby: boolean;
  readonly acceptClock: boolean;
}

async function runOn(context: Context, log: OpenedLog, options: RunOptions): Promise<number> {
  const { config, output, nowMs } = context;
  const boot = systemBoot();
  const reading = () => systemReading(nowMs());
  const record = openRunRecord(config.stateDir, { read: reading, boot });
  const badEnd = record.before?.badEnd ?? null;
  if (badEnd !== null) output.note(`the run before this one ended badly: ${badEnd.reason}`, { level: "warn" });
  const shared = isShared(config);
  const newestMs = shared || record.before !== null ? 0 : await newestCycleMs(log);
  const fault = clockFault(record.before, reading(), { boot, boundMs: config.clockJumpMs, isShared: shared, newestMs });
  if (fault !== null && !options.acceptClock) throw new ClockJumped(fault);
  record.begin();
  const watch = watchRun(context);
  let http: RunHttp | null = null;
  try {
    http = await openRunHttp(context, log, badEnd);
    const code = await runAnswering(context, log, options, watch, http);
    record.end(null, true);
    return code;
  } catch (error) {
    const isRefused = error instanceof AlreadyRunning || error instanceof InvalidInput;
    // A start that is refused says so itself, as often as it is tried.
    const hasRun = watch.totals().cycles > 0 || watch.failure() !== null;
    const reason = watch.failure() ?? (error instanceof Error ? error.message : String(error));
    record.end(isRefused || !hasRun ? null : reason, !(error instanceof ClockJumped));
    throw error;
  } finally {
    watch.close();
    await http?.close();
  }
}

async function runAnswering(
  context: Context,
  log: OpenedLog,
  { retraining, standby }: RunOptions,
  watch: RunWatch,
  http: RunHttp | null,
): Promise<number> {
  await checkFeatures(context);
  const observer = http === null ? watch.observer : observers(watch.observer, http.observer);
  const allocator = await openLiveAllocator(context, log, standby, observer);
  http?.joined(allocator);
  const { application } = context.config;
  context.output.item({ event: "joined", application, place: log.place }, () => `${application} on ${log.place}`);
  const ending = new AbortController();
  const runs = [allocator.serve.run(), allocator.treasury.run()];
  const beside = retraining ? besideOf(context, log, allocator.treasury, ending.signal) : Promise.resolve();
  await Promise.race([aborted(context.signal), ...runs].map((each) => each.catch(() => undefined)));
  ending.abort();
  await beside;
  await allocator.close();
  // What made a task fail, now that the others are drained.
  await Promise.all(runs);
  const totals = watch.totals();
  context.output.item(
    { event: "stopped", ...totals },
    () => `stopped after ${totals.cycles} cycles, ${totals.inputs} records`,
  );
  return DONE;
}

/** Loaded only where there is training: an image that only serves has no packages for it. */
async function besideOf(...given: Parameters<typeof RetrainBeside>): Promise<void> {
  const { retrainBeside } = await import("../../workflows/retrain/retrain-beside.ts");
  await retrainBeside(...given);
}

async function checkFeatures({ config, output }: Context): Promise<void> {
  if (config.featureUrl === null) return;
  const check = await checkFeatureService(config.featureUrl);
  if (check.found === "good") return;
  const text = `STIPEND_FEATURE_URL: ${config.featureUrl}: ${check.because}`;
  if (check.found === "wrong") throw new InvalidInput(text);
  output.note(`${text}; decisions lack its features until it answers`, { level: "warn" });
}

async function openLiveAllocator(
  context: Context,
  log: OpenedLog,
  standby: boolean,
  observer: TaskObserver,
): Promise<Allocator> {
  const { config, output } = context;
  return await openAllocator({
    log,
    application: config.application,
    partitions: { users: config.partitions, control: config.controlPartitions },
    storeFolder: standby ? join(config.stateDir, "standby") : config.stateDir,
    features: config.featureUrl === null ? null : { url: config.featureUrl, deadlineMs: config.featureDeadlineMs },
    batchRecords: config.batchRecords,
    cycleMs: config.cycleMs,
    ...(standby ? { standbyMs: STANDBY_MS } : {}),
    clock: { ...systemClock, nowMs: guardedClock(() => systemReading(context.nowMs()), config.clockJumpMs) },
    newId: context.newId,
    newSecret: () => randomBytes(SECRET_BYTES),
    observer,
    onTrouble: (text) => output.note(text),
  });
}

/** On the embedded log the log itself refuses a second process that runs. */
function holdStateDir(folder: string): () => void {
  try {
    return holdStores(folder);
  } catch (error) {
    throw error instanceof StoreFailed ? new InvalidInput(error.message) : error;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
