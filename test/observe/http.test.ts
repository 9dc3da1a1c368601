// The port for probes and Prometheus, over a real socket, on tasks that really run.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codecFor } from "../../src/log/codec/codec.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { MOST_CAMPAIGNS } from "../../src/observe/budget-metrics.ts";
import { conditionsOf, type Observed } from "../../src/observe/conditions.ts";
import { serveHttp, type HttpServer } from "../../src/observe/http.ts";
import { METRICS } from "../../src/observe/metric-names.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import type { Surroundings } from "../../src/observe/surroundings.ts";
import type { TaskState } from "../../src/task/lifecycle.ts";
import type { TaskObserver } from "../../src/task/observer.ts";
import type { Runner } from "../../src/task/runner.ts";
import { SAMPLES } from "../../fixtures/samples.ts";
import { join, kind, sendKeys, topics } from "../task/counting.ts";

const NOW_MS = 1_000_000;
const WELL: Surroundings = { features: null, disks: [], clocks: [], badEnd: null, maintenance: null };

describe("the port for probes and metrics", () => {
  let log: SimulatedLog;
  let runner: Runner<null>;
  let observer: TaskObserver;
  let http: HttpServer;
  let joined: boolean;
  let elapsed: number;
  /** While it is there, the log answers with it. */
  let away: Promise<never> | null;

  const get = async (path: string, method = "GET"): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${http.address}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
  /** Value of the first line that begins so; NaN when there is none. */
  const value = (text: string, start: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(start))
        ?.split(" ")
        .at(-1),
    );

  beforeEach(async () => {
    log = createSimulatedCluster({ now: () => NOW_MS }).connect("one");
    await log.ensureTopics([...topics, ...topicSpecs({ users: 2, control: 1 })]);
    joined = false;
    elapsed = 0;
    const reached = async () =>
      runner.tasks.map((task) => ({
        kind: kind.kind,
        partition: task.partition,
        inputs: kind.inputs,
        positions: task.control?.positions ?? {},
      }));
    const tasks = (): Observed["tasks"] =>
      joined
        ? runner.tasks.map(({ partition, state }) => ({ kind: kind.kind, partition, state, trouble: null }))
        : null;
    const conditions = () => conditionsOf({ ...WELL, tasks: tasks(), restores: [], recent: new Map(), alarms: [] });
    away = null;
    const ranges: SimulatedLog["ranges"] = async (topic) => (away === null ? await log.ranges(topic) : await away);
    const metrics = createMetrics({
      nowMs: () => NOW_MS,
      log: { ...log, ranges },
      elapsedMs: () => (elapsed += 1),
      reached,
      surroundings: () => WELL,
      patienceMs: 300,
      freshMs: 0,
    });
    observer = metrics.observer;
    runner = await join(log, { maxRecords: 10, idleMs: 0, observer });
    http = await serveHttp({ host: "127.0.0.1", port: 0, metrics, conditions });
  });
  afterEach(async () => {
    await http.close();
    await runner.stop();
    await log.close();
  });

  it("says healthy at once, and ready only when every task runs", async () => {
    expect(await get("/healthz")).toEqual({ status: 200, text: "ok\n" });
    expect(await get("/readyz")).toEqual({ status: 503, text: "not joined yet\n" });
    joined = true;
    expect(await get("/readyz")).toEqual({ status: 503, text: "count 0 is assigned\ncount 1 is assigned\n" });
    await runner.runUntilIdle(NOW_MS);
    expect(await get("/readyz")).toEqual({ status: 200, text: "ready\n" });
    expect(await get("/healthz", "HEAD")).toEqual({ status: 200, text: "" });
  });

  it("refuses what it does not have, and to be written to", async () => {
    expect((await get("/")).status).toBe(404);
    expect((await get("/metrics", "POST")).status).toBe(405);
  });

  it("counts what tasks did, how far behind they are and how they stand", async () => {
    await sendKeys(log, "first", ["a", "b", "a"]);
    await runner.runUntilIdle(NOW_MS);
    await sendKeys(log, "first", ["b", "b"]);
    const { text } = await get("/metrics");
    const odd = "b".charCodeAt(0) % 2;
    expect(value(text, `stipend_input_records_total{kind="count",partition="${1 - odd}"}`)).toBe(2);
    expect(value(text, `stipend_lag_records{kind="count",partition="${odd}",topic="first"}`)).toBe(2);
    expect(value(text, `stipend_lag_records{kind="count",partition="${1 - odd}",topic="first"}`)).toBeLessThan(2);
    expect(value(text, `stipend_task_state{kind="count",partition="0",state="running"}`)).toBe(1);
    expect(value(text, `stipend_task_state{kind="count",partition="0",state="opening"}`)).toBe(0);
    expect(value(text, `stipend_task_openings_total{kind="count",partition="0"}`)).toBe(1);
    expect(value(text, `stipend_task_restore_seconds_count{kind="count"}`)).toBe(2);
    expect(value(text, `stipend_cycle_seconds_count{kind="count",step="commit"}`)).toBeGreaterThan(0);
    expect(value(text, `stipend_task_seconds_total{kind="count",partition="0",step="commit"}`)).toBeGreaterThan(0);
    // Nothing of it has ever been taken, and it is behind all the same.
    await log.send([{ topic: "second", partition: odd, key: Buffer.from("b"), value: Buffer.from("1") }]);
    const later = (await get("/metrics")).text;
    expect(value(later, `stipend_lag_records{kind="count",partition="${odd}",topic="second"}`)).toBe(1);
  });

  it("tells what came to this instance and what went, and not as such what a recovery opens again", async () => {
    const moves = async (way: string): Promise<number> =>
      value((await get("/metrics")).text, `stipend_task_moves_total{kind="count",partition="0",way="${way}"}`);
    await runner.runUntilIdle(NOW_MS);
    expect(await moves("came")).toBe(1);
    const become = (state: TaskState): void => observer.lifecycle("count", 0, state);
    for (const state of ["assigned", "opening", "held", "running"] as const) become(state);
    expect([await moves("came"), await moves("went")]).toEqual([1, NaN]);
    for (const state of ["stopping", "closed", "opening"] as const) become(state);
    expect([await moves("came"), await moves("went")]).toEqual([2, 1]);
  });

  it("answers in time while the log does not, without the lag that nobody can say", async () => {
    await sendKeys(log, "first", ["a"]);
    await runner.runUntilIdle(NOW_MS);
    expect((await get("/metrics")).text).toContain("stipend_lag_records{");
    away = new Promise(() => undefined);
    const { text } = await get("/metrics");
    expect(text).not.toContain("stipend_lag_records{");
    expect(value(text, "stipend_scrape_failures_total")).toBe(1);
    expect(value(text, `stipend_task_state{kind="count",partition="0",state="running"}`)).toBe(1);
  });

  it("shows each campaign's money as its last status has it", async () => {
    const sample = SAMPLES["budget-status"];
    const codec = codecFor("budget-status");
    for (const budgetMinor of [1_000n, 2_000n]) {
      const encoded = codec.encode({ ...sample, budgetMinor });
      await log.send([{ topic: "budget-status", key: Buffer.from(sample.campaign), value: encoded }]);
      const { text } = await get("/metrics");
      expect(value(text, `stipend_budget_minor{campaign="${sample.campaign}",account="plan"}`)).toBe(
        Number(budgetMinor),
      );
    }
    const { text } = await get("/metrics");
    const plan = sample.totals.plan;
    const of = `{campaign="${sample.campaign}",account="plan"}`;
    expect(value(text, `stipend_granted_minor${of}`)).toBe(Number(plan.granted - plan.returned));
    expect(value(text, `stipend_posted_minor${of}`)).toBe(Number(plan.settled + plan.sent));
    expect(value(text, `stipend_pending_minor${of}`)).toBe(Number(plan.reserved - plan.settled - plan.released));
    const { forecast, period } = sample;
    const campaign = `{campaign="${sample.campaign}"}`;
    expect(value(text, `stipend_period_budget_minor${campaign}`)).toBe(Number(period?.budgetMinor));
    expect(value(text, `stipend_mix_drift_minor${campaign}`)).toBe(Number(forecast?.mixDrift));
  });

  it("passes over a status that cannot be read, counts it, and shows the money of all others", async () => {
    const sample = SAMPLES["budget-status"];
    const value_ = codecFor("budget-status").encode(sample);
    await log.send([{ topic: "budget-status", key: Buffer.from("x"), value: Buffer.from("no status") }]);
    await log.send([{ topic: "budget-status", key: Buffer.from(sample.campaign), value: value_ }]);
    const { status, text } = await get("/metrics");
    expect(status).toBe(200);
    expect(value(text, `stipend_undecodable_records_total{topic="budget-status"}`)).toBe(1);
    expect(value(text, "stipend_scrape_failures_total")).toBe(0);
    expect(value(text, `stipend_budget_minor{campaign="${sample.campaign}",account="plan"}`)).toBeGreaterThan(0);
  });

  it("has no series for campaigns that there are not, and for no more than MOST_CAMPAIGNS of those that there are", async () => {
    const sample = SAMPLES["budget-status"];
    const codec = codecFor("budget-status");
    const send = async (campaign: string, other: Partial<typeof sample>): Promise<void> => {
      const encoded = codec.encode({ ...sample, ...other, campaign });
      await log.send([{ topic: "budget-status", key: Buffer.from(campaign), value: encoded }]);
    };
    await send("lasting", { state: "live" });
    for (let number = 0; number < 300; number += 1) await send(`over-${number}`, { state: "ended" });
    for (let number = 0; number < 300; number += 1)
      await send(`unknown-${number}`, { state: "ended", revision: 0, currency: "" });
    const { text } = await get("/metrics");
    const shown = [...text.matchAll(/^stipend_plan_row\{campaign="([^"]+)"\}/gm)].map(([, campaign = ""]) => campaign);
    expect(shown).toHaveLength(MOST_CAMPAIGNS);
    expect(shown).toContain("lasting");
    expect(shown).toContain("over-299");
    expect(shown).not.toContain("over-0");
    expect(shown.filter((campaign) => campaign.startsWith("unknown"))).toEqual([]);
    expect(value(text, "stipend_campaigns_not_shown")).toBe(301 - MOST_CAMPAIGNS);
  });

  it("has a line of help for every metric, and no other name of ours", async () => {
    const { text } = await get("/metrics");
    const helped = [...text.matchAll(/^# HELP (stipend_\S+) (.*)$/gm)].map(([, name, help]) => [name, help]);
    expect(Object.fromEntries(helped)).toEqual(METRICS);
  });

  it("names the address when its port is taken", async () => {
    const port = Number(new URL(http.address).port);
    const metrics = { scrape: async () => ({ text: "", contentType: "" }) };
    await expect(serveHttp({ host: "127.0.0.1", port, metrics, conditions: () => [] })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}`,
    );
  });

  it("says which methods it has", async () => {
    const answer = await fetch(`${http.address}/healthz`, { method: "PUT" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});
