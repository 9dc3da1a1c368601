import { describe, expect, it } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { Fenced, LogUnavailable, OutcomeUnknown, type EventLog } from "../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { Crashed, faultAt, noFaults, seededFaults, type SimulatedFault } from "../../src/log/simulated/faults.ts";
import { conformance, singleRunner } from "./conformance.ts";
import { readAll, values } from "./reading.ts";
import { model } from "./model.ts";
import { KIND, out, text, RecordingMember } from "./recording-member.ts";
import { SPECS, type Adapter } from "./fixture.ts";

const adapter: Adapter = {
  name: "simulated",
  async open() {
    const cluster = createSimulatedCluster({ now: () => Date.now() });
    const logs = new Map<EventLog, SimulatedLog>();
    return {
      async connect() {
        const log = cluster.connect(`process-${logs.size}`);
        logs.set(log, log);
        return log;
      },
      kill: async (log) => must(logs.get(log), "log").crash(),
      loseSight: async (log) => must(logs.get(log), "log").expire(),
      maintain: async (nowMs) => cluster.maintain(nowMs),
      close: async () => undefined,
    };
  },
};

describe("the simulated log", () => {
  conformance(adapter);
  singleRunner(adapter);
  model(adapter, 200);

  const ready = async (sharing: "one" | "many" = "one") => {
    const cluster = createSimulatedCluster({ now: () => 1_000, sharing });
    const log = cluster.connect("a");
    await log.ensureTopics(SPECS);
    return { cluster, log };
  };

  it.each<[SimulatedFault, string, string[]]>([
    ["crash_before", "Crashed", []],
    ["crash_after", "Crashed", ["v"]],
    ["unknown_before", "OutcomeUnknown", []],
    ["unknown_after", "OutcomeUnknown", ["v"]],
    ["unavailable", "LogUnavailable", []],
  ])("a commit under %s throws %s and leaves %j", async (fault, error, left) => {
    const { cluster, log } = await ready();
    const told = new RecordingMember();
    await log.join(KIND, told);
    const task = await told.claim(0);
    cluster.setFaults(faultAt(0, fault, (point) => point.step === "commit"));
    const kinds = { Crashed, OutcomeUnknown, LogUnavailable };
    await expect(task.commit([out("answers", 0, "k", "v")], {})).rejects.toThrow(kinds[error as keyof typeof kinds]);
    expect(await values(cluster.connect("b"), "answers", 0)).toEqual(left);
  });

  it("a crashed process does nothing more, and another takes its place", async () => {
    const { cluster, log } = await ready();
    const told = new RecordingMember();
    await log.join(KIND, told);
    const task = await told.claim(0);
    const waiting = task.poll({ maxRecords: 1, maxWaitMs: 10_000 });
    log.crash();
    await expect(waiting).rejects.toThrow(Crashed);
    await expect(log.send([out("events", 0, "k", "v")])).rejects.toThrow(Crashed);
    expect(told.log).toEqual(["+0", "+1"]);
    await cluster.connect("b").join(KIND, new RecordingMember());
  });

  it("shares partitions among processes and moves only what must move", async () => {
    const { cluster, log } = await ready("many");
    const a = new RecordingMember();
    const first = await log.join(KIND, a);
    const task = await a.claim(1);
    const other = cluster.connect("b");
    const b = new RecordingMember();
    const second = await other.join(KIND, b);
    expect([first.partitions, second.partitions]).toEqual([[0], [1]]);
    expect(a.log).toEqual(["+0", "+1", "-1"]);
    await b.claim(1);
    await expect(task.commit([out("answers", 1, "k", "v")], {})).rejects.toThrow(Fenced);
    other.crash();
    await log.send([]);
    expect(first.partitions).toEqual([0, 1]);
    await second.leave();
  });

  it("a task that starts from its changelog does each event once, whatever fails, at any step", async () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const { cluster, log } = await ready();
      const expected = Array.from({ length: 60 }, (_, i) => `${i}`);
      for (const value of expected) await log.send([out("events", 0, "k", value)]);
      const rates = {
        crash_before: 0.02,
        crash_after: 0.02,
        unknown_before: 0.02,
        unknown_after: 0.02,
        unavailable: 0.02,
      };
      cluster.setFaults(seededFaults(seededRandom(seed), rates));
      let lives = 0;
      for (let done = false; !done; lives += 1) {
        const process = cluster.connect(`life-${lives}`);
        done = await answerAll(process).catch(() => false);
        process.crash();
      }
      cluster.setFaults(noFaults);
      expect(await values(log, "answers", 0), `seed ${seed}`).toEqual(expected);
    }
  });

  it("keeps a tombstone for a day, so that a reader who is behind learns that the key is gone", async () => {
    const { cluster, log } = await ready();
    const day = 86_400_000;
    await log.send([out("changes", 0, "k", "v"), { ...out("changes", 0, "k", null), timestampMs: 1_000 }]);
    cluster.maintain(1_000 + day);
    expect((await readAll(log, "changes", 0)).map((record) => record.value)).toEqual([null]);
    cluster.maintain(1_001 + day);
    expect(await readAll(log, "changes", 0)).toEqual([]);
  });

  it("leaves gaps in its offsets, as transactions on Kafka do", async () => {
    const { log } = await ready();
    const told = new RecordingMember();
    await log.join(KIND, told);
    const task = await told.claim(0);
    await task.commit([out("answers", 0, "k", "1")], {});
    await task.commit([out("answers", 0, "k", "2")], {});
    expect(await log.ranges("answers")).toEqual([
      { partition: 0, start: 0, end: 4 },
      { partition: 1, start: 0, end: 0 },
    ]);
  });
});

/** Answers what there is, position and answers in one commit, going on where the changelog ends; true when all is done. */
async function answerAll(log: EventLog): Promise<boolean> {
  const told = new RecordingMember();
  await log.join(KIND, told);
  const task = await told.claim(0);
  let position = 0;
  for await (const batch of task.restore(0)) for (const record of batch) position = Number(text(record.value));
  await task.seek({ events: position });
  for (;;) {
    const batch = await task.poll({ maxRecords: 7, maxWaitMs: 0 });
    const last = batch.at(-1);
    if (!last) return true;
    const answers = batch.map((record) => out("answers", 0, "k", text(record.value)));
    await task.commit([...answers, out("changes", 0, "position", `${last.offset + 1}`)], { events: last.offset + 1 });
  }
}
