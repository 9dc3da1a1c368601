// Features
// What a release expects to know of a session, and how attributes become the classifier's input row.
// The layout is part of the release: same spec, same attributes → same float32 row, offline and online.
// Standardisation is inside the ONNX graph; here is only the layout: numbers as they are, booleans as 0/1,
// a categorical as one-hot over its known categories (an unknown category is all zeros).

import { numberOf, truthOf, valueKey, type AttributeValue } from "../reading/values.ts";

export type { AttributeValue } from "../reading/values.ts";

/** A user's or session's attributes by name, as producers send them. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type Feature =
  | { readonly name: string; readonly kind: "numeric"; /** for a missing value */ readonly default: number }
  | { readonly name: string; readonly kind: "boolean"; readonly default: boolean }
  | {
      readonly name: string;
      readonly kind: "categorical";
      /** in one published order; one-hot in this order */
      readonly categories: readonly string[];
      /** for a missing value; need not be among the categories */
      readonly default: string;
    };

export interface FeatureSpec {
  readonly features: readonly Feature[];
}

/** Number of float32 columns of a feature. */
export function featureWidth(feature: Feature): number {
  return feature.kind === "categorical" ? feature.categories.length : 1;
}

/** Number of float32 columns of a row. */
export function rowWidth(spec: FeatureSpec): number {
  return spec.features.reduce((width, feature) => width + featureWidth(feature), 0);
}

/** Column names in row order; a one-hot column is `name=category`. */
export function columnNames(spec: FeatureSpec): string[] {
  return spec.features.flatMap((feature) =>
    feature.kind === "categorical"
      ? feature.categories.map((category) => `${feature.name}=${category}`)
      : [feature.name],
  );
}

/** A compiled spec: writes rows, one after the other, without looking categories up linearly. */
export interface RowEncoder {
  readonly width: number;
  /** Writes one row at `offset` (in floats); returns how many features were missing and took their default. */
  encode(attributes: Attributes, out: Float32Array, offset: number): number;
}

export function compileRowEncoder(spec: FeatureSpec): RowEncoder {
  const width = rowWidth(spec);
  const columns = spec.features.map(writerOf);
  return {
    width,
    encode(attributes, out, offset) {
      out.fill(0, offset, offset + width);
      let at = offset;
      let missing = 0;
      for (const { name, columns: count, write } of columns) {
        if (!write(attributes[name], out, at)) missing += 1;
        at += count;
      }
      return missing;
    },
  };
}

interface Writer {
  readonly name: string;
  readonly columns: number;
  /** False where the value is missing or cannot be read, and the default was written. */
  readonly write: (value: AttributeValue | undefined, out: Float32Array, at: number) => boolean;
}

/** Values are read as a log's are (values.ts): a category that was learned from the number 7 is that of the text "7.0". */
function writerOf(feature: Feature): Writer {
  const { name } = feature;
  if (feature.kind !== "categorical") {
    const read = feature.kind === "numeric" ? numberOf : truthOf;
    const usual = Number(feature.default);
    return {
      name,
      columns: 1,
      write(value, out, at) {
        const known = read(value);
        out[at] = known === null ? usual : Number(known);
        return known !== null;
      },
    };
  }
  const index = new Map<string, number>();
  feature.categories.forEach((category, position) => {
    const key = valueKey(category);
    if (key !== null && !index.has(key)) index.set(key, position);
  });
  const usual = index.get(valueKey(feature.default) ?? "");
  return {
    name,
    columns: feature.categories.length,
    write(value, out, at) {
      const key = valueKey(value);
      const position = key === null ? usual : index.get(key);
      if (position !== undefined) out[at + position] = 1;
      return key !== null;
    },
  };
}
