// Real data
// Published randomised experiments, for the tests that hold the product to published figures. They are nobody's to hand
// on with the project, so each user has their own copy: in the folder that STIPEND_DATA names, or in data/ here. A test
// whose file is not there is reported as skipped, by a name that says which file and where the public has it; CI has all
// of them and fails on a skip.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = resolve(ROOT, process.env["STIPEND_DATA"] ?? "data");
const TIMEOUT_MS = 60_000;

/** Where the public has each. */
const PUBLISHED = {
  hillstrom: "MineThatData e-mail challenge, Hillstrom 2008; scikit-uplift's fetch_hillstrom",
  penn_bonus: "Pennsylvania reemployment bonus experiment; DoubleML's fetch_bonus",
  social_mail: "Gerber, Green and Larimer 2008, social pressure and turnout; Yale ISPS data archive D001",
  thornton_incentive: "Thornton 2008, the demand for HIV results; AEA data archive",
} as const;

export type RealLog = keyof typeof PUBLISHED;

/** A test that is given the path of a published log, or is skipped by a name that says what it was not given. */
export function testOnRealLog(name: RealLog, promise: string, body: (file: string) => Promise<void>): void {
  const file = join(FOLDER, `${name}.csv.gz`);
  const there = existsSync(file);
  const needs = ` [needs ${name}.csv.gz in ${FOLDER}, or in a folder that STIPEND_DATA names; published as: ${PUBLISHED[name]}]`;
  test.skipIf(!there)(`${promise}${there ? "" : needs}`, { timeout: TIMEOUT_MS }, async () => await body(file));
}
