// Four bytes of junk on any topic are passed over by whoever looks at it, with its place, and hide nothing else.

import { beforeEach, expect, test } from "vitest";
import { campaignsOn, findCampaign } from "../../../src/workflows/control/campaigns.ts";
import { latestStatus, latestStatuses } from "../../../src/workflows/control/control.ts";
import { lettersOf } from "../../../src/workflows/topics/dead-letters.ts";
import { StatusBoard } from "../../../src/workflows/control/pacing/status-board.ts";
import { listReleases } from "../../../src/workflows/control/release-list.ts";
import { findRelease } from "../../../src/workflows/retrain/retraining.ts";
import { watchTrainingLog } from "../../../src/workflows/retrain/retrain-watch.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { passedOver } from "../../../src/log/codec/reading.ts";
import {
  createSimulatedCluster,
  type SimulatedCluster,
  type SimulatedLog,
} from "../../../src/log/simulated/cluster.ts";
import { TOPICS, topicSpecs } from "../../../src/log/topics.ts";
import { RETRAIN_DEFAULTS } from "../../../src/retrain/trigger.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";
import { grantOf } from "../../serve/harness.ts";
import { releaseRecord, tinyRelease } from "../../serve/tiny-release.ts";

const RELEASE = tinyRelease();
let cluster: SimulatedCluster;
let log: SimulatedLog;

beforeEach(async () => {
  cluster = createSimulatedCluster({ now: () => 1_000 });
  log = cluster.connect("tools");
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  const junk = () => {
    for (const topic of Object.keys(TOPICS))
      cluster.append([{ topic, partition: 0, key: Buffer.from("spring"), value: Buffer.from("junk") }]);
  };
  const put = (topic: string, key: string, value: Buffer) => ({ topic, partition: 0, key: Buffer.from(key), value });
  junk();
  const status = { ...SAMPLES["budget-status"], campaign: "spring", revision: 3 };
  await log.send([
    put("budget-status", "spring", codecFor("budget-status").encode(status)),
    put("grants", "spring", codecFor("grants").encode(grantOf())),
    put("releases", `spring/${RELEASE.hash}`, codecFor("releases").encode(releaseRecord("spring", RELEASE))),
    put("dead-letters", "u1", codecFor("dead-letters").encode(SAMPLES["dead-letters"])),
    put("training-log", "u1", codecFor("training-log").encode({ ...SAMPLES["training-log"], campaign: "spring" })),
  ]);
  // What can be decoded and is no release all the same.
  const broken = { ...releaseRecord("spring", RELEASE), hash: "0".repeat(64), manifest: "{" };
  await log.send([put("releases", `spring/${broken.hash}`, codecFor("releases").encode(broken))]);
  junk();
});

const passed = (topic: string) => passedOver(log).find((each) => each.topic === topic);

test("the status of every campaign is there", async () => {
  const board = new StatusBoard();
  expect(await board.refresh(log)).toBe(true);
  expect(board.statuses(undefined).map(({ campaign, revision }) => `${campaign} ${revision}`)).toEqual(["spring 3"]);
  expect(await board.refresh(log)).toBe(false);
  expect((await latestStatuses(log)).map(({ campaign }) => campaign)).toEqual(["spring"]);
  expect(await latestStatus(log, "spring")).toMatchObject({ revision: 3 });
  expect(passed("budget-status")).toMatchObject({ count: 2, places: ["0@0", "0@2"] });
});

test("campaigns are found", async () => {
  expect((await campaignsOn(log)).map(({ campaign }) => campaign.id)).toEqual(["spring"]);
  expect((await findCampaign(log, undefined)).campaign.id).toBe("spring");
  expect(passed("grants")).toMatchObject({ count: 2 });
});

test("releases are listed and found", async () => {
  expect((await listReleases(log, undefined)).map(({ record }) => record.hash)).toEqual([RELEASE.hash]);
  expect((await findRelease(log, "spring", RELEASE.hash)).hash).toBe(RELEASE.hash);
  expect(passed("releases")).toMatchObject({ count: 3, places: ["0@0", "0@2", "0@3"] });
});

test("dead letters are listed", async () => {
  const details: string[] = [];
  for await (const { letter } of lettersOf(log, { reason: undefined, topic: undefined, at: [] }))
    details.push(letter.detail);
  expect(details).toEqual([SAMPLES["dead-letters"].detail]);
  expect(passed("dead-letters")).toMatchObject({ count: 2 });
});

test("the watch of the training log goes on", async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  await watchTrainingLog({
    log,
    policy: RETRAIN_DEFAULTS,
    owns: () => true,
    retrain: () => Promise.resolve(),
    onFailure: () => undefined,
    onLook: (counts) => seen.push(counts.get("spring")?.rows ?? 0),
    sleep: () => {
      stop.abort();
      return Promise.resolve();
    },
    nowMs: () => 2_000,
    everyMs: 1,
    signal: stop.signal,
  });
  expect(seen).toEqual([1]);
  expect(passed("training-log")).toMatchObject({ count: 2 });
});
