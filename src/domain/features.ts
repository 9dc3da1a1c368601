// Features
// What a release expects to know of a session, and how attributes become the classifier's input row.
// The layout is part of the release: same spec, same attributes → same float32 row, offline and online.
// Standardisation is inside the ONNX graph; here is only the layout: numbers as they are, booleans as 0/1,
// a categorical as one-hot over its known categories (an unknown category is all zeros).

export type AttributeValue = number | string | boolean | null;

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
  const columns = spec.features.map((feature) => ({
    feature,
    index:
      feature.kind === "categorical"
        ? new Map(feature.categories.map((category, position) => [category, position]))
        : undefined,
  }));
  return {
    width,
    encode(attributes, out, offset) {
      out.fill(0, offset, offset + width);
      let at = offset;
      let missing = 0;
      for (const { feature, index } of columns) {
        let value = attributes[feature.name];
        if (!hasKind(value, feature.kind)) {
          missing += 1;
          value = feature.default;
        }
        if (index === undefined) {
          out[at] = Number(value);
          at += 1;
        } else {
          const position = index.get(String(value));
          if (position !== undefined) out[at + position] = 1;
          at += index.size;
        }
      }
      return missing;
    },
  };
}

/** A value of another kind counts as missing: a release must not read "7" as 7 on one side only. */
function hasKind(value: AttributeValue | undefined, kind: Feature["kind"]): value is number | string | boolean {
  if (value === undefined || value === null) return false;
  switch (kind) {
    case "numeric":
      // In single precision, as the row is: beyond it a column that never changed would become 0 × ∞.
      return typeof value === "number" && Number.isFinite(Math.fround(value));
    case "boolean":
      return typeof value === "boolean";
    case "categorical":
      return typeof value === "string";
  }
}
