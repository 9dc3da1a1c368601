// Release
// What training publishes and serving reads: the only thing the two have in common. Immutable, named by its hash.
// On disk a folder (manifest.json, classifier.onnx, evidence.json, report.html); on the `releases` topic one record.

import { z } from "zod";
import { errorMessage } from "../error-message.ts";
import { InvalidInput } from "../campaign/campaign.ts";
import { canonicalJson, sha256Hex } from "../canonical.ts";
import { currencyCode } from "../money/currency.ts";
import { rowWidth, type FeatureSpec } from "../session/features.ts";
import { MAX_ID_BYTES } from "../ids.ts";
import { describeIssues } from "../reading/issues.ts";

export const RELEASE_FORMAT = 1;

/** One plan of the frontier: for each cluster the integer steps of each arm. */
export interface PlanRow {
  /** The budget this row was solved for, minor units per session (expected spend may not exceed it at the stated risk). */
  readonly budgetPerSession: number;
  /** `shares[cluster][arm]`: integer steps; each cluster's sum to `FrontierSpec.steps`. */
  readonly shares: readonly (readonly number[])[];
  /** Per session, on the training mix. */
  readonly expectedReward: number;
  readonly expectedCost: number;
  /** Marginal reward per minor unit of money. */
  readonly shadowPrice: number;
}

export interface Frontier {
  /** Denominator of the shares. */
  readonly steps: number;
  /** By rising budget; the first spends nothing. */
  readonly rows: readonly PlanRow[];
}

/** Reward and cost of each cluster × arm, per session, as the plan used them, with standard errors. `[cluster][arm]`. */
export interface ClusterValues {
  readonly reward: readonly (readonly number[])[];
  readonly rewardSe: readonly (readonly number[])[];
  /** Minor units. */
  readonly cost: readonly (readonly number[])[];
  readonly costSe: readonly (readonly number[])[];
  /** Redemptions per session offered (1 where the cost is certain). */
  readonly redemption: readonly (readonly number[])[];
  /** Share of training sessions in each cluster. */
  readonly mix: readonly number[];
}

export interface Certificate {
  readonly solver: string;
  /** (bound − value) / bound, the largest over the rows. */
  readonly maxGap: number;
  readonly gapBound: number;
  /** SHA-256 of the program's input. */
  readonly inputHash: string;
  readonly scenarios: number;
  /** Probability, over the scenarios, with which a row's spend may pass its budget. */
  readonly risk: number;
}

/** The money that the costs are in: a release serves only campaigns with the same (release-money.ts). */
export interface ReleaseMoney {
  readonly currency: string;
  /**
   * Of each arm, minor units; null where costs were measured, so that no price of an arm is in them. No face value (null)
   * where the log had no redemption.
   */
  readonly prices: readonly { readonly faceMinor: number | null; readonly sendMinor: number }[] | null;
}

/** Everything of a release but the classifier's bytes. Canonical JSON of this is what the hash is over. */
export interface ReleaseManifest {
  readonly format: typeof RELEASE_FORMAT;
  readonly features: FeatureSpec;
  /** Arm ids in one published order, the control first. A release serves only campaigns with exactly these arms. */
  readonly arms: readonly string[];
  /** Left out by versions that did not tell. */
  readonly money?: ReleaseMoney | undefined;
  readonly clusters: number;
  /** SHA-256 of the ONNX bytes, hex. Input `features` float32 [n, width], output `probabilities` float32 [n, clusters]. */
  readonly classifier: string;
  readonly frontier: Frontier;
  readonly values: ClusterValues;
  readonly certificate: Certificate;
  /** What people want to know at a glance; numbers and short texts only. */
  readonly summary: Readonly<Record<string, number | string>>;
}

export interface Release {
  /** SHA-256 of the canonical manifest, hex. */
  readonly hash: string;
  readonly manifest: ReleaseManifest;
  readonly classifier: Uint8Array;
}

/** Of the canonical JSON: the treasurer keeps the manifest in its state, and the largest grid of plans stays below it. */
export const MAX_MANIFEST_BYTES = 2 * 1_024 * 1_024;
export const MAX_CLUSTERS = 1_024;
/** Clusters × arms: what a shard tells of each must fit into a report. */
export const MAX_CELLS = 16_384;
/** Columns of a row of the classifier: a batch of rows is kept in memory. */
export const MAX_WIDTH = 4_096;
/** Beyond it a mean or a price is no statistic of ours, and sums of them would be infinite. */
const MOST = 1e15;

const count = z.number().int().positive();
const amount = z.number().min(-MOST).max(MOST);
const cost = amount.nonnegative();
const cells = z.array(z.array(amount));
const costs = z.array(z.array(cost));
const name = z.string().min(1).max(MAX_ID_BYTES);
const price = z.number().int().nonnegative().max(MOST);

const featureSchema = z.discriminatedUnion("kind", [
  z.strictObject({ name, kind: z.literal("numeric"), default: z.number() }),
  z.strictObject({ name, kind: z.literal("boolean"), default: z.boolean() }),
  z.strictObject({ name, kind: z.literal("categorical"), categories: z.array(z.string()).min(1), default: z.string() }),
]);

const manifestSchema = z
  .strictObject({
    format: z.literal(RELEASE_FORMAT),
    features: z.strictObject({ features: z.array(featureSchema).min(1) }),
    arms: z.array(name).min(2).max(64),
    money: z
      .strictObject({
        currency: currencyCode,
        prices: z.array(z.strictObject({ faceMinor: price.nullable(), sendMinor: price })).nullable(),
      })
      .optional(),
    clusters: count.max(MAX_CLUSTERS),
    classifier: z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of the classifier in hex"),
    frontier: z.strictObject({
      steps: count,
      rows: z
        .array(
          z.strictObject({
            budgetPerSession: cost,
            shares: z.array(z.array(z.number().int().nonnegative())),
            expectedReward: amount,
            expectedCost: cost,
            shadowPrice: cost,
          }),
        )
        .min(1),
    }),
    values: z.strictObject({
      reward: cells,
      rewardSe: costs,
      cost: costs,
      costSe: costs,
      redemption: costs,
      mix: z.array(cost),
    }),
    certificate: z.strictObject({
      solver: z.string(),
      maxGap: z.number(),
      gapBound: z.number(),
      inputHash: z.string(),
      scenarios: count,
      risk: z.number().min(0).max(1),
    }),
    summary: z.record(z.string(), z.union([z.number(), z.string()])),
  })
  .superRefine((manifest, context) => {
    for (const [path, message] of shapeFaults(manifest))
      context.addIssue({ code: "custom", path: path.split("."), message });
  });

/** What types cannot say: tables of one shape, shares that sum to the steps, budgets that rise from a free first row. */
function shapeFaults(manifest: ReleaseManifest): [string, string][] {
  const { arms, clusters, frontier, values } = manifest;
  const faults: [string, string][] = [];
  const table = (path: string, rows: readonly (readonly number[])[]): void => {
    if (rows.length !== clusters || rows.some((row) => row.length !== arms.length))
      faults.push([path, `must have ${clusters} clusters of ${arms.length} arms`]);
  };
  if (clusters * arms.length > MAX_CELLS)
    faults.push([
      "clusters",
      `${clusters} × ${arms.length} arms are more than the ${MAX_CELLS} cells that a shard reports`,
    ]);
  const width = rowWidth(manifest.features);
  if (width > MAX_WIDTH) faults.push(["features", `${width} columns, at most ${MAX_WIDTH}`]);
  if (new Set(arms).size !== arms.length) faults.push(["arms", "arm ids must differ"]);
  const prices = manifest.money?.prices ?? null;
  if (prices !== null && prices.length !== arms.length) faults.push(["money.prices", `must be of ${arms.length} arms`]);
  for (const key of ["reward", "rewardSe", "cost", "costSe", "redemption"] as const)
    table(`values.${key}`, values[key]);
  if (values.mix.length !== clusters) faults.push(["values.mix", `must have ${clusters} clusters`]);
  frontier.rows.forEach((row, index) => {
    const path = `frontier.rows.${index}`;
    table(`${path}.shares`, row.shares);
    const odd = row.shares.findIndex((shares) => shares.reduce((sum, share) => sum + share, 0) !== frontier.steps);
    if (odd >= 0) faults.push([`${path}.shares.${odd}`, `must sum to ${frontier.steps} steps`]);
    if (row.budgetPerSession < (frontier.rows[index - 1]?.budgetPerSession ?? 0))
      faults.push([`${path}.budgetPerSession`, "budgets must rise from row to row"]);
  });
  if (frontier.rows[0]?.expectedCost !== 0)
    faults.push(["frontier.rows.0.expectedCost", "the first row must spend nothing"]);
  return faults;
}

/** Parses a manifest as written in a release folder or record. `where` names the place in the error. */
export function parseManifest(json: string, where: string): ReleaseManifest {
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_MANIFEST_BYTES)
    throw new InvalidInput(
      `${where}: ${bytes} bytes, at most ${MAX_MANIFEST_BYTES}: train with fewer segments, offers or plans`,
    );
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new InvalidInput(`${where}: not JSON: ${errorMessage(error)}`);
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) throw new InvalidInput(describeIssues(where, result.error, value));
  return result.data;
}

/** The name of a release: the hash over the canonical JSON of its manifest. */
export function releaseHash(manifest: ReleaseManifest): string {
  return sha256Hex(canonicalJson(manifest));
}

/**
 * A release from its two parts, with both hashes checked: the classifier's against the manifest, and the manifest's
 * against the name it was asked for by (null: any).
 */
export function parseRelease(json: string, classifier: Uint8Array, name: string | null, where: string): Release {
  const manifest = parseManifest(json, where);
  const hash = releaseHash(manifest);
  if (name !== null && hash !== name)
    throw new InvalidInput(`${where}: hash is ${hash}, not ${name}: the manifest was changed after it was published`);
  if (sha256Hex(classifier) !== manifest.classifier)
    throw new InvalidInput(`${where}: classifier: its bytes are not those the manifest names; publish it again`);
  return { hash, manifest, classifier };
}
