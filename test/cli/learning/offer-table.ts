// A table of offers (../offer-log.ts) in a folder, with two releases for it, and `stipend evaluate` on them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { releaseHash, type Release } from "../../../src/domain/release/release.ts";
import type { Judged, ReleaseJudgement } from "../../../src/evaluate/policy/judge.ts";
import type { DrivingFeatures } from "../../../src/workflows/evaluate/plan-importance.ts";
import { tinyRelease, writeRelease } from "../../serve/tiny-release.ts";
import { offerCsv, OFFER_MAPPING, offerRows } from "../offer-log.ts";
import { openShell, type Shell } from "../shell.ts";

export const ROWS = 12_000;
export const rows = offerRows(ROWS, 2);
export const release = rising("first");

/** Without the last row, which spends less than the one before: nothing; small for all; large for the second cluster. */
export function rising(name: string): Release {
  const { manifest, classifier } = tinyRelease(name);
  const { steps, rows: plans } = manifest.frontier;
  const changed = { ...manifest, frontier: { steps, rows: plans.slice(0, 3) } };
  return { hash: releaseHash(changed), manifest: changed, classifier };
}

export type Printed = Omit<Judged, "releases"> & {
  readonly valueMinor: number | null;
  readonly releases: readonly (ReleaseJudgement & { readonly driving: DrivingFeatures | null })[];
  readonly source: Record<string, unknown>;
  readonly warnings: readonly string[];
};

interface OfferTable {
  readonly shell: Shell;
  /** `evaluate` on the table, without a release. */
  readonly line: string;
  readonly evaluated: (more: string) => Promise<Printed>;
  readonly pathOf: (name: string) => string;
}

/** For a test file: there before its first test, and gone after its last. */
export function openOfferTable(): OfferTable {
  const shell = openShell();
  const pathOf = (name: string): string => join(shell.folder, name);
  beforeAll(async () => {
    writeFileSync(pathOf("log.csv"), offerCsv(rows));
    writeFileSync(pathOf("mapping.yaml"), OFFER_MAPPING);
    await writeRelease(release, pathOf("first"));
    await writeRelease(rising("second"), pathOf("second"));
  });
  afterAll(() => shell.close());
  const line = `evaluate --data ${pathOf("log.csv")} --mapping ${pathOf("mapping.yaml")}`;
  const evaluated = async (more: string): Promise<Printed> => {
    const { code, err, json, out } = await shell.run(`${line} ${more} --json`);
    expect(code, err).toBe(0);
    expect(json).toHaveLength(1);
    // A figure that is not finite would be null in JSON, where an interval has none.
    expect(out).not.toMatch(/"(value|low|high|se)":null/);
    return json[0] as unknown as Printed;
  };
  return { shell, line, evaluated, pathOf };
}
