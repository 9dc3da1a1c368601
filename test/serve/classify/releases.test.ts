// Releases as they come and go: swapped between two cycles, missing, broken, of another campaign's arms, and many.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canonicalJson, sha256Hex } from "../../../src/domain/canonical.ts";
import { releaseHash, type Release } from "../../../src/domain/release/release.ts";
import { encodeOnnx } from "../../../src/learn/distil/onnx.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { faultAt } from "../../../src/log/simulated/faults.ts";
import { loadClassifier } from "../../../src/serve/classify/onnx.ts";
import { createReleaseCache, type ReleaseCache } from "../../../src/serve/classify/release-cache.ts";
import { openHarness, PATIENT_MS, RELEASE, type Harness } from "../harness.ts";
import { releaseRecord, tinyRelease } from "../tiny-release.ts";

let harness: Harness;
let troubles: string[];
let loads: number;
let open: number;
beforeEach(async () => {
  troubles = [];
  loads = 0;
  open = 0;
  harness = await openHarness({ releaseCache: countingCache, maxRecords: 7 });
});
afterEach(() => harness.stop());

/** A cache whose classifiers are counted. */
function countingCache(log: Harness["log"]): ReleaseCache {
  return createReleaseCache({
    log,
    codec: codecFor("releases"),
    deadlineMs: PATIENT_MS,
    async load(release, width) {
      loads += 1;
      const classifier = await loadClassifier(release, width);
      open += 1;
      return {
        ...classifier,
        async close() {
          open -= 1;
          await classifier.close();
        },
      };
    },
    onTrouble: (_, error) => troubles.push(error instanceof Error ? error.message : String(error)),
  });
}

describe("a swap", () => {
  /** Sixty sessions with a promotion among them; what the decisions say, in order. */
  async function swapped(shake: (of: Harness) => void): Promise<string[]> {
    const next = tinyRelease("next");
    await harness.publish(next);
    await harness.grant();
    await harness.run();
    for (let n = 0; n < 60; n += 1) {
      await harness.session(`s${n}`, `u${n}`);
      if (n === 30) await harness.grant({ release: next.hash, planRow: 2, revision: 2 });
      if (n === 20) shake(harness);
      if (n % 10 === 9)
        await harness.run(10).catch(async () => {
          await harness.restart();
          await harness.run();
        });
    }
    return (await harness.decisions()).map(({ sessionId, release, planRow, revision }) =>
      [
        sessionId,
        release === next.hash ? "next" : release === RELEASE.hash ? "first" : release,
        planRow,
        revision,
      ].join(" "),
    );
  }

  test("takes effect between two cycles, drops nothing, and the report names the position that brought it", async () => {
    const lines = await swapped(() => undefined);
    expect(lines.map((line) => line.split(" ")[0])).toEqual(Array.from({ length: 60 }, (_, n) => `s${n}`));
    const releases = lines.map((line) => line.split(" ").slice(1, 3).join(" "));
    const first = releases.indexOf("next 2");
    expect(releases.slice(0, first).every((each) => each === "first 1")).toBe(true);
    expect(releases.slice(first).every((each) => each === "next 2")).toBe(true);
    const decisions = await harness.decisions();
    expect(decisions[first]?.cycle).toBe((decisions[first - 1]?.cycle ?? 0) + 1);
    const grants = await harness.records("grants");
    const report = (await harness.reports()).find(({ release }) => release !== null && release !== RELEASE.hash);
    expect(report).toMatchObject({ grantOffset: grants.at(-1)?.offset, revision: 2 });
  });

  test("takes effect at the same position when the process dies on the way", async () => {
    const calm = await swapped(() => undefined);
    for (const fault of ["crash_before", "crash_after"] as const) {
      for (let at = 0; at < 4; at += 1) {
        await harness.stop();
        harness = await openHarness({ releaseCache: countingCache, maxRecords: 7 });
        const shaken = await swapped((of) => of.cluster.setFaults(faultAt(at, fault, ({ step }) => step === "commit")));
        expect(shaken, `${fault} ${at}`).toEqual(calm);
      }
    }
  });

  test("keeps some releases ready and closes the others: a hundred swaps leave few open, the end none", async () => {
    let most = 0;
    for (let n = 0; n < 100; n += 1) {
      const next = tinyRelease(`number ${n}`);
      await harness.publish(next);
      await harness.grant({ release: next.hash, revision: n + 1 });
      await harness.run();
      await harness.session(`s${n}`, `u${n}`);
      await harness.run();
      most = Math.max(most, open);
      expect(await harness.decision(`s${n}`)).toMatchObject({ release: next.hash, reason: "planned" });
    }
    expect(loads).toBe(100);
    expect(most).toBeLessThanOrEqual(34);
    await harness.stop();
    expect(open).toBe(0);
  });

  test("gives its memory back: two hundred classifiers of two megabytes later the process is as large as before", async () => {
    const worker = fileURLToPath(new URL("swap-worker.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", worker]);
    const [first = 0, ...later] = JSON.parse(stdout) as number[];
    expect(later).toHaveLength(3);
    expect(Math.max(...later) - first, stdout).toBeLessThan(100);
  }, 120_000);
});

describe("a release that cannot be used gives the control arm with the reason, and is used when it can be", () => {
  /** Publishes under the release's hash what `record` says, and grants it. */
  async function bring(record: Partial<ReturnType<typeof releaseRecord>>, release: Release): Promise<void> {
    const value = codecFor("releases").encode({ ...releaseRecord("spring", release), ...record });
    await harness.raw({ topic: "releases", key: Buffer.from(`spring/${release.hash}`), value });
    await harness.grant({ release: release.hash });
    await harness.run();
  }

  const shaped = (onnx: Uint8Array, clusters = 2): Release => {
    const manifest = { ...tinyRelease().manifest, classifier: sha256Hex(onnx), clusters };
    return { hash: releaseHash(manifest), manifest, classifier: onnx };
  };
  const one = { mean: new Float32Array(2), inverse: new Float32Array(2).fill(1) };
  const good = tinyRelease("good");
  const cut = shaped(good.classifier.subarray(0, 60));
  const noise = shaped(Uint8Array.from({ length: 4_000 }, (_, n) => (n * 7919) % 256));
  const empty = shaped(new Uint8Array(0));
  const three = shaped(encodeOnnx(one, [new Float32Array(6), new Float32Array(3)], [[2, 3], [3]]));
  const wider = shaped(
    encodeOnnx(
      { mean: new Float32Array(5), inverse: new Float32Array(5) },
      [new Float32Array(10), new Float32Array(2)],
      [[5, 2], [2]],
    ),
  );

  test.each<[what: string, record: Partial<ReturnType<typeof releaseRecord>>, release: Release]>([
    ["a manifest that is no JSON", { manifest: "{" }, good],
    ["a manifest of another release", { manifest: canonicalJson(tinyRelease("other").manifest) }, good],
    ["a classifier that was changed", { classifier: Buffer.from(good.classifier).fill(7, 40, 50) }, good],
    ["a classifier that was cut", {}, cut],
    ["a classifier of noise", {}, noise],
    ["an empty classifier", {}, empty],
    ["a classifier with more clusters than its manifest", {}, three],
    ["a classifier with more features than its manifest", {}, wider],
  ])("%s", async (_, record, release) => {
    await bring(record, release);
    await harness.session("s1", "u1");
    await harness.session("s2", "u2");
    await harness.run();
    for (const id of ["s1", "s2"])
      expect(await harness.decision(id)).toMatchObject({
        reason: "classifier_unavailable",
        arm: 0,
        reservedMinor: 0n,
        cluster: -1,
        release: release.hash,
      });
    expect(troubles).toHaveLength(1);
    await harness.grant({ release: RELEASE.hash });
    await harness.run();
    await harness.session("s3", "u3");
    await harness.run();
    expect((await harness.decision("s3")).reason).toBe("planned");
  });

  test("one that answers with what is no number", async () => {
    const nan = shaped(encodeOnnx(one, [new Float32Array(4).fill(NaN), new Float32Array(2)], [[2, 2], [2]]));
    await bring({}, nan);
    await harness.session("s1", "u1");
    await harness.run();
    const decision = await harness.decision("s1");
    expect(decision).toMatchObject({ reason: "classifier_unavailable", arm: 0, cluster: -1, clusterProbability: 0 });
  });

  test("a broken copy is told once, and a good one under the same hash is used without another grant", async () => {
    await bring({ manifest: "{" }, good);
    for (let n = 0; n < 5; n += 1) {
      await harness.session(`s${n}`, `u${n}`);
      await harness.run(10);
    }
    expect(troubles).toHaveLength(1);
    await harness.publish(good);
    await harness.session("s9", "u9");
    await harness.run();
    expect(await harness.decision("s9")).toMatchObject({ reason: "planned", release: good.hash });
  });

  test("one that comes after its grant", async () => {
    await harness.grant({ release: good.hash });
    await harness.run();
    await harness.session("s1", "u1");
    await harness.run();
    expect(await harness.decision("s1")).toMatchObject({ reason: "classifier_unavailable", release: good.hash });
    await harness.publish(good);
    await harness.session("s2", "u2");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("planned");
  });

  test("one whose loading takes too long holds a cycle up for a stated time only, and is used when it is ready", async () => {
    const gate = Promise.withResolvers<void>();
    await harness.stop();
    harness = await openHarness({
      releaseCache: (log) =>
        createReleaseCache({
          log,
          codec: codecFor("releases"),
          deadlineMs: 30,
          async load(release, width) {
            await gate.promise;
            return await loadClassifier(release, width);
          },
        }),
    });
    await harness.grant();
    await harness.run();
    await harness.session("s1", "u1");
    await harness.run();
    expect((await harness.decision("s1")).reason).toBe("classifier_unavailable");
    gate.resolve();
    await harness.session("s2", "u2");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("planned");
  });

  test("holdout and an open incentive do not need it", async () => {
    await harness.grant();
    await harness.run();
    await harness.session("s1", "u1");
    await harness.run();
    await harness.grant({ release: cut.hash });
    await harness.run();
    await harness.session("s2", "u1");
    await harness.run();
    expect(await harness.decision("s2")).toMatchObject({ reason: "incentive_open", arm: 1, armId: "small" });
  });
});
