// What is said of restores, to a person who watches and to a program.

import { expect, test } from "vitest";
import { watchRestores } from "../../../src/workflows/run/restore-watch.ts";
import type { RestoreReport } from "../../../src/task/observer.ts";

const REPORT: RestoreReport = {
  kind: "serve",
  partition: 3,
  by: "task",
  records: 120_000,
  bytes: 24_000_000,
  newRecords: 120_000,
  tookMs: 1_200,
  left: 380_000,
  share: 0.24,
  over: false,
};

function watched(json: boolean) {
  const items: object[] = [];
  const texts: string[] = [];
  const lines: string[] = [];
  const watch = watchRestores({
    json,
    output: {
      result: () => undefined,
      item: (value, text) => void (items.push(value), texts.push(text())),
      redraw: () => undefined,
      note: () => undefined,
      toTerminal: () => undefined,
    },
    progress: {
      report: (step, done, detail) => void lines.push(`${Math.round(done * 100)}% ${step} ${detail}`),
      clear: () => undefined,
    },
  });
  return { watch, items, texts, lines };
}

test("a person sees one line for all stores that are being restored, and what became of each that took a while", () => {
  const { watch, texts, lines } = watched(false);
  watch(REPORT);
  watch({ ...REPORT, partition: 5, records: 60_000, share: 0.12 });
  expect(lines).toEqual([
    "24% restoring serve 3 120000 records, 100000 a second",
    "18% restoring serve 3, serve 5 180000 records, 150000 a second",
  ]);
  expect(texts).toEqual([]);
  watch({ ...REPORT, records: 500_000, bytes: 1e8, tookMs: 5_000, left: 0, share: 1, over: true });
  watch({ ...REPORT, partition: 4, tookMs: 300, over: true });
  watch({ ...REPORT, partition: 1, by: "standby", tookMs: 2_000, over: true });
  expect(texts).toEqual([
    "restored serve 3: 500000 records, 100.0 MB in 5.0 s, 100000 a second",
    "copied serve 1: 120000 records, 24.0 MB in 2.0 s, 60000 a second",
  ]);
});

test("a program is told of each about once a second, of every restore of a task, and of a copy that took a while", () => {
  const { watch, items } = watched(true);
  for (const tookMs of [600, 1_200, 1_700, 2_300]) watch({ ...REPORT, tookMs });
  watch({ ...REPORT, tookMs: 2_400, left: 0, share: 1, over: true });
  watch({ ...REPORT, by: "standby", tookMs: 10, over: true });
  watch({ ...REPORT, partition: 0, tookMs: 1_100, left: null, share: null });
  expect(items).toMatchObject([
    { event: "restoring", kind: "serve", partition: 3, by: "task", ms: 1_200, perSecond: 100_000, left: 380_000 },
    { event: "restoring", ms: 2_300, share: 0.24 },
    { event: "restored", ms: 2_400, records: 120_000, bytes: 24_000_000, perSecond: 50_000, left: 0, share: 1 },
    { event: "restoring", partition: 0 },
  ]);
  expect(items[3]).not.toHaveProperty("left");
});
