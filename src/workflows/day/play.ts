// Play: the whole day, from nothing to its figures: a setting, a first release, a campaign on a log of its own, the day with its
// retrainings, and then what can be proved from the topics alone.

import { hash } from "node:crypto";
import type { TypedAmount } from "../../domain/money/money.ts";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../../domain/assert.ts";
import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { Release, ReleaseManifest } from "../../domain/release/release.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { verify, type VerifyResult } from "../../evaluate/verify/verify.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../log/embedded/log.ts";
import { publishRelease, readReleaseFolder, type ReleaseFolder } from "../../retrain/publish.ts";
import { tryClassifier } from "../../serve/classify/onnx.ts";
import { playDay } from "../../simulate/day/day.ts";
import type { DayFigures } from "../../report/day/day-figures.ts";
import type { DayRecord } from "../../simulate/day/day-record.ts";
import { DAY_MS, drawTraffic } from "../../simulate/world/traffic.ts";
import { systemClock, systemElapsedMs } from "../../task/system-clock.ts";
import { openAllocator, type Allocator } from "../run/allocator.ts";
import type { Context } from "../../terminal/context.ts";
import { acceptedAnswer, latestStatus, sendCommand } from "../control/control.ts";
import { earlierRows } from "../retrain/earlier-log.ts";
import { trainInOwnProcess } from "../retrain/retraining.ts";
import { campaignOfDay } from "./campaign.ts";
import { summariseDay } from "./day-summary.ts";
import { retrainMidDay, type MidDayRetraining } from "./mid-day-retraining.ts";
import { replaySetting, syntheticSetting, type DaySetting } from "./setting.ts";

export interface DayOptions {
  readonly data: readonly string[];
  readonly mapping: string | undefined;
  readonly budget: TypedAmount | undefined;
  readonly seed: number;
  readonly sessions: number | undefined;
  readonly rows: number;
  readonly speed: number | null;
  readonly tickMs: number;
  /** A release folder in place of the first training. */
  readonly release: string | undefined;
  readonly retrainings: number;
  readonly trainArgs: readonly string[];
  /** Emptied at the start. */
  readonly folder: string;
}

export interface DayResult {
  readonly setting: DaySetting;
  readonly campaign: Campaign;
  readonly record: DayRecord;
  readonly summary: DayFigures;
  readonly manifests: ReadonlyMap<string, ReleaseManifest>;
  readonly retrainings: readonly MidDayRetraining[];
  readonly verified: VerifyResult;
  /** Of the first training; null when a release was given. */
  readonly trainingSeconds: number | null;
  readonly logFolder: string;
}

const CAMPAIGN = "day";

export async function playCampaignDay(context: Context, options: DayOptions): Promise<DayResult> {
  await rm(options.folder, { recursive: true, force: true });
  await mkdir(options.folder, { recursive: true });
  const setting = await settingOf(context, options);
  const first = await firstRelease(context, options, setting);
  const startMs = Math.floor(context.nowMs() / DAY_MS) * DAY_MS;
  const clock = { nowMs: startMs };
  const logFolder = join(options.folder, "log");
  // A trial's log need not outlive a power loss, and does not wait for the disk.
  const log = await openEmbeddedLog({
    folder: logFolder,
    durability: "process",
    now: () => clock.nowMs,
    newToken: () => context.newId(),
  });
  try {
    const allocator = await openDayAllocator(context, options, log);
    try {
      const day = new Day(context, options, setting, log, allocator, clock);
      return await day.play(first, startMs, logFolder);
    } finally {
      await allocator.close();
    }
  } finally {
    await log.close();
  }
}

async function settingOf({ progress }: Context, options: DayOptions): Promise<DaySetting> {
  const { seed, sessions, rows, data, mapping } = options;
  const common = {
    seed,
    sessions,
    folder: join(options.folder, "setting"),
    onProgress: progress.report.bind(progress),
  };
  return data.length > 0 && mapping !== undefined
    ? await replaySetting({ ...common, files: data, mappingFile: mapping })
    : await syntheticSetting({ ...common, rows });
}

interface FirstRelease {
  readonly folder: ReleaseFolder;
  readonly seconds: number | null;
}

async function firstRelease(context: Context, options: DayOptions, setting: DaySetting): Promise<FirstRelease> {
  if (options.release !== undefined) return { folder: await readReleaseFolder(options.release), seconds: null };
  const out = join(options.folder, "first-release");
  const startedAt = systemElapsedMs();
  await trainInOwnProcess({
    files: setting.files,
    mapping: setting.mappingFile,
    out,
    trainArgs: ["--seed", String(options.seed), ...options.trainArgs],
    onLine: (line) => context.progress.report("training the first release", 0, line),
  });
  return { folder: await readReleaseFolder(out), seconds: (systemElapsedMs() - startedAt) / 1000 };
}

async function openDayAllocator(context: Context, { folder, seed }: DayOptions, log: EmbeddedLog): Promise<Allocator> {
  const { config, output } = context;
  return await openAllocator({
    log,
    application: config.application,
    partitions: { users: config.partitions, control: config.controlPartitions },
    storeFolder: join(folder, "state"),
    features: config.featureUrl === null ? null : { url: config.featureUrl, deadlineMs: config.featureDeadlineMs },
    batchRecords: config.batchRecords,
    clock: systemClock,
    newId: () => context.newId(),
    // The same seed is the same day.
    newSecret: (campaign) => hash("sha256", `secret/${seed}/${campaign}`, "buffer"),
    observer: {
      elapsedMs: systemElapsedMs,
      cycle: () => undefined,
      restore: () => undefined,
      lifecycle: () => undefined,
      trouble: (kind, partition, verdict, error) =>
        output.note(`${kind} ${partition}: ${verdict}: ${errorMessage(error)}`),
    },
    onTrouble: (text) => output.note(text),
  });
}

class Day {
  readonly #context: Context;
  readonly #options: DayOptions;
  readonly #setting: DaySetting;
  readonly #log: EmbeddedLog;
  readonly #allocator: Allocator;
  readonly #clock: { nowMs: number };
  readonly #releases = new Map<string, Release>();
  readonly #retrainings: MidDayRetraining[] = [];
  #inForce: Release | null = null;
  #record: DayRecord | null = null;

  constructor(
    context: Context,
    options: DayOptions,
    setting: DaySetting,
    log: EmbeddedLog,
    allocator: Allocator,
    clock: { nowMs: number },
  ) {
    this.#context = context;
    this.#options = options;
    this.#setting = setting;
    this.#log = log;
    this.#allocator = allocator;
    this.#clock = clock;
  }

  async play(first: FirstRelease, startMs: number, logFolder: string): Promise<DayResult> {
    const { market, sessions } = this.#setting;
    const { release } = first.folder;
    const campaign = campaignOfDay({
      id: CAMPAIGN,
      market,
      manifest: release.manifest,
      sessions,
      seed: this.#options.seed,
      startMs,
      budget: this.#options.budget,
    });
    await this.#launch(campaign, first.folder);
    const record = await this.#playSessions(campaign);
    const manifests = new Map([...this.#releases].map(([hash, { manifest }]) => [hash, manifest]));
    this.#context.progress.report("verifying", 0);
    const verified = await verify(this.#log);
    this.#context.progress.report("adding up", 0);
    return {
      setting: this.#setting,
      campaign,
      record,
      summary: summariseDay(record, this.#options.seed, manifests),
      manifests,
      retrainings: this.#retrainings,
      verified,
      trainingSeconds: first.seconds,
      logFolder,
    };
  }

  /** Creates the campaign and promotes its first release, a moment before the day begins. */
  async #launch(campaign: Campaign, folder: ReleaseFolder): Promise<void> {
    const atMs = campaign.startMs;
    await publishRelease(this.#log, campaign.id, folder, atMs, tryClassifier);
    this.#inForce = folder.release;
    this.#releases.set(folder.release.hash, folder.release);
    const actions = [
      { commandId: "create", action: { kind: "create", campaign } as const },
      { commandId: "promote-1", action: { kind: "promote_release", release: folder.release.hash } as const },
    ];
    for (const { commandId, action } of actions)
      await sendCommand(this.#log, { commandId, campaign: campaign.id, atMs, actor: "stipend day", action });
    await this.#settle(atMs);
    const status = await latestStatus(this.#log, campaign.id);
    for (const { commandId } of actions) acceptedAnswer(status, commandId);
  }

  async #playSessions(campaign: Campaign): Promise<DayRecord> {
    const { seed, speed, tickMs, retrainings } = this.#options;
    const { market, sessions } = this.#setting;
    const shares = Array.from({ length: retrainings }, (_, index) => (index + 1) / (retrainings + 1));
    return await playDay(
      {
        log: this.#log,
        allocator: { runUntilIdle: async (nowMs) => await this.#serve(nowMs) },
        treasurer: this.#allocator.treasury,
        elapsedMs: systemElapsedMs,
        sleep: async (ms) => await systemClock.sleep(ms),
        pauses: shares.map((atShare) => ({ atShare, run: async (nowMs) => await this.#retrain(nowMs) })),
        onProgress: (done, record) => {
          this.#record = record;
          this.#context.progress.report("playing the day", done, `${record.decided} of ${sessions} sessions`);
        },
      },
      { campaign, market, traffic: drawTraffic({ sessions, users: market.users, seed }), seed, tickMs, speed },
    );
  }

  async #serve(nowMs: number): Promise<number> {
    this.#clock.nowMs = nowMs;
    return await this.#allocator.serve.runUntilIdle(nowMs);
  }

  async #settle(nowMs: number): Promise<void> {
    await this.#allocator.treasury.runUntilIdle(nowMs);
    await this.#serve(nowMs);
    await this.#allocator.treasury.runUntilIdle(nowMs);
  }

  async #retrain(nowMs: number): Promise<void> {
    const number = this.#retrainings.length + 1;
    const { files, mapping, market } = this.#setting;
    const earlier = await earlierRows(files, mapping, join(this.#options.folder, `earlier-${number}.parquet`));
    const retraining = await retrainMidDay(
      {
        log: this.#log,
        market,
        record: () => must(this.#record, "the day's record"),
        incumbent: () => must(this.#inForce, "a release in force"),
        folder: join(this.#options.folder, `retraining-${number}`),
        trainArgs: ["--seed", String(this.#options.seed + number), ...this.#options.trainArgs],
        earlier,
        commandId: `promote-${number + 1}`,
        settle: async (atMs) => await this.#settle(atMs),
        elapsedMs: systemElapsedMs,
        onLine: (line) => this.#context.progress.report("retraining; the day's clock waits", 0, line),
      },
      nowMs,
    );
    this.#retrainings.push(retraining);
    this.#inForce = retraining.candidate;
    this.#releases.set(retraining.candidate.hash, retraining.candidate);
  }
}
