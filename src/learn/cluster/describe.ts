// Describe
// Clusters in words that a marketer reads: what is unusual about their users, the most unusual first, as the log has it.
// Pure.

import { featureWidth, type Feature, type FeatureSpec } from "../../domain/session/features.ts";

/** Means of the feature row's columns, by cluster and over all rows. */
export interface FeatureMeans {
  readonly byCluster: readonly (readonly number[])[];
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Things said of a cluster at most. */
const TRAITS = 4;
/** A mean that is less than this many deviations off is not worth a word. */
const NOTABLE = 0.3;
const FAR = 1;

interface Trait {
  readonly strength: number;
  readonly text: string;
}

/** One text per cluster; "like everybody" where nothing stands out. */
export function describeClusters(spec: FeatureSpec, columns: FeatureMeans): string[] {
  return columns.byCluster.map((means) => {
    const traits: Trait[] = [];
    let at = 0;
    for (const feature of spec.features) {
      traits.push(...traitsOf(feature, at, means, columns));
      at += featureWidth(feature);
    }
    const told = traits.toSorted((a, b) => b.strength - a.strength).slice(0, TRAITS);
    return told.length === 0 ? "like everybody" : told.map(({ text }) => text).join(", ");
  });
}

function traitsOf(feature: Feature, at: number, means: readonly number[], columns: FeatureMeans): Trait[] {
  const mean = means[at]!;
  const all = columns.mean[at]!;
  const off = offBy(at, means, columns);
  switch (feature.kind) {
    case "numeric": {
      const degree = `${Math.abs(off) >= FAR ? "very " : ""}${off > 0 ? "high" : "low"}`;
      const near = (value: number): string => short(value, columns.deviation[at]!);
      return notable(off, `${degree} ${plain(feature.name)} (${near(mean)}, of all ${near(all)})`);
    }
    case "boolean": {
      const degree =
        mean > 0.9 ? "nearly all" : mean > 0.5 ? "mostly" : off > 0 ? "more often" : mean < 0.02 ? "no" : "few";
      return notable(off, `${degree} ${plain(feature.name)} (${share(mean)}, of all ${share(all)})`);
    }
    case "categorical":
      return [mostTelling(feature, at, means, columns)].flat();
  }
}

/** Of a feature's categories the one that stands out most. */
function mostTelling(
  feature: Extract<Feature, { kind: "categorical" }>,
  at: number,
  means: readonly number[],
  columns: FeatureMeans,
): Trait[] {
  const offs = feature.categories.map((_, index) => offBy(at + index, means, columns));
  const index = offs.reduce((best, off, here) => (Math.abs(off) > Math.abs(offs[best]!) ? here : best), 0);
  const off = offs[index]!;
  const mean = means[at + index]!;
  const degree =
    mean > 0.9 ? "nearly always" : mean > 0.5 ? "mostly" : off > 0 ? "more often" : mean < 0.02 ? "never" : "rarely";
  const told = `${plain(feature.name)} ${degree} ${feature.categories[index] ?? ""}`;
  return notable(off, `${told} (${share(mean)}, of all ${share(columns.mean[at + index]!)})`);
}

function offBy(at: number, means: readonly number[], { mean, deviation }: FeatureMeans): number {
  const spread = deviation[at]!;
  return spread > 0 ? (means[at]! - mean[at]!) / spread : 0;
}

function notable(off: number, text: string): Trait[] {
  return Math.abs(off) < NOTABLE ? [] : [{ strength: Math.abs(off), text }];
}

function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** Three digits, and nothing where it is nothing beside the spread. */
function short(value: number, spread: number): string {
  if (Math.abs(value) < spread / 100) return "0";
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function share(value: number): string {
  return `${Math.round(100 * value)}\u00a0%`;
}
