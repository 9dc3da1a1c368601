// Run
// An allocator on an open log, as `stipend run` has it: what the run before left, the clock, health over HTTP, the tasks and
// retraining beside them, until the context's signal.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { SECRET_BYTES } from "../../domain/campaign/control.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { AlreadyRunning } from "../../log/event-log.ts";
import { SETTINGS } from "../../settings/table/settings.ts";
import { checkFeatureService } from "../../serve/enrich/feature-check.ts";
import { ClockJumped, guardedClock } from "../../task/clock-guard.ts";
import type { TaskObserver } from "../../task/observer.ts";
import { StoreFailed } from "../../task/store/local-store.ts";
import { holdStores } from "../../task/store/store-holder.ts";
import { systemBoot, systemClock, systemReading } from "../../task/system-clock.ts";
import { CHECK_FAILED, DONE, type Context } from "../../terminal/context.ts";
import { aborted } from "../../terminal/signals.ts";
import { makeFolder } from "../connect/folder.ts";
import { isShared, openLog, type OpenedLog } from "../connect/open-log.ts";
import type { retrainBeside as RetrainBeside } from "../retrain/retrain-beside.ts";
import { openAllocator, type Allocator } from "./allocator.ts";
import { observers, openRunHttp, type RunHttp } from "./run-http.ts";
import { openRunRecord } from "./run-record.ts";
import { watchRun, type RunWatch } from "./run-watch.ts";
import { clockFault, newestCycleMs } from "./start-clock.ts";

/** How far behind a copy may be: what its takeover reads. */
const STANDBY_MS = 2_000;

export interface RunOptions {
  readonly retraining: boolean;
  readonly standby: boolean;
  readonly acceptClock: boolean;
  /** Opened when the tasks run, and closed before they end. */
  readonly beside?: (log: OpenedLog) => Promise<{ close(): Promise<void> }>;
}

/** Opens the log that the settings name and runs on it; answers the exit code: 1 where another process runs these tasks. */
export async function run(context: Context, options: RunOptions): Promise<number> {
  const log = await openLog(context, { make: true });
  let release: (() => void) | null = null;
  try {
    makeFolder(SETTINGS.stateDir.env, context.config.stateDir);
    release = isShared(context.config) ? holdStateDir(context.config.stateDir) : null;
    return await runOn(context, log, options);
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
    const reason = watch.failure() ?? errorMessage(error);
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
  { retraining, standby, beside: openBeside }: RunOptions,
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
  const trainings = retraining ? besideOf(context, log, allocator.treasury, ending.signal) : Promise.resolve();
  try {
    const beside = await openBeside?.(log);
    await Promise.race([aborted(context.signal), ...runs].map((each) => each.catch(() => undefined)));
    await beside?.close();
  } finally {
    ending.abort();
    await trainings;
    await allocator.close();
  }
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
  const { retrainBeside } = await import("../retrain/retrain-beside.ts");
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
