// Predict
// Boosted trees as they answer for rows of a log under every arm. What a tree asks of the arm is answered beforehand: of a
// tree there is one form for each set of arms that it does not tell apart, and a row goes down each form once.

import { itemAt } from "../../domain/assert.ts";
import { ONE_HOT, type BinnedFeature } from "./bins.ts";
import type { Boosted } from "./boost.ts";
import { goesLeft, type Tree } from "./tree.ts";

/** A tree without questions about the arm. A value that is at most the bound goes left. */
interface Form {
  readonly arms: readonly number[];
  readonly column: Uint16Array;
  readonly bound: Float32Array;
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly values: Float64Array;
}

export interface Forest {
  readonly arms: number;
  readonly start: number;
  readonly forms: readonly Form[];
}

export function forestOf({ start, trees }: Boosted, features: readonly BinnedFeature[], arms: number): Forest {
  return { arms, start, forms: trees.flatMap((tree) => formsOf(tree, features, arms)) };
}

function formsOf(tree: Tree, features: readonly BinnedFeature[], arms: number): Form[] {
  const isOfArm = (node: number): boolean => itemAt(features, itemAt(tree.feature, node)).kind === "arm";
  const armNodes = Array.from(tree.feature.keys()).filter(isOfArm);
  const turns = (arm: number): string =>
    armNodes
      .map((node) => {
        const feature = itemAt(features, itemAt(tree.feature, node));
        const bin = feature.kind === "arm" ? itemAt(feature.binOf, arm) : 0;
        return goesLeft(bin, itemAt(tree.bin, node), itemAt(tree.other, node)) ? "l" : "r";
      })
      .join("");
  const alike = Map.groupBy(Array(arms).keys(), turns);
  return [...alike].map(([sides, some]) => {
    const isLeft = new Map(armNodes.map((node, at) => [node, sides[at] === "l"]));
    return { arms: some, ...pruned(tree, features, isLeft) };
  });
}

/** The nodes that are left when some are answered already, the root first. */
function pruned(
  tree: Tree,
  features: readonly BinnedFeature[],
  isLeft: ReadonlyMap<number, boolean>,
): Omit<Form, "arms"> {
  const nodes: { column: number; bound: number; left: number; right: number }[] = [];
  const values: number[] = [];
  const place = (child: number): number => {
    if (child < 0) return ~(values.push(itemAt(tree.values, ~child)) - 1);
    const side = isLeft.get(child);
    if (side !== undefined) return place(itemAt(side ? tree.left : tree.right, child));
    const node = { ...question(tree, features, child), left: 0, right: 0 };
    const at = nodes.push(node) - 1;
    node.left = place(itemAt(tree.left, child));
    node.right = place(itemAt(tree.right, child));
    return at;
  };
  place(tree.feature.length === 0 ? ~0 : 0);
  return {
    column: Uint16Array.from(nodes, ({ column }) => column),
    bound: Float32Array.from(nodes, ({ bound }) => bound),
    left: Int16Array.from(nodes, ({ left }) => left),
    right: Int16Array.from(nodes, ({ right }) => right),
    values: Float64Array.from(values),
  };
}

function question(
  tree: Tree,
  features: readonly BinnedFeature[],
  node: number,
): { readonly column: number; readonly bound: number } {
  const feature = itemAt(features, itemAt(tree.feature, node));
  const bin = itemAt(tree.bin, node);
  switch (feature.kind) {
    case "number":
      return { column: feature.column, bound: itemAt(feature.bounds, bin) };
    case "category":
      return { column: feature.column + bin, bound: ONE_HOT };
    case "arm":
      throw new TypeError("a question about the arm is answered beforehand");
  }
}

/** Adds its answers to `answers` [n, arms], for rows as FeatureSpec lays them out. */
export function addForest({ arms, start, forms }: Forest, x: Float32Array, n: number, answers: Float64Array): void {
  const width = n === 0 ? 0 : x.length / n;
  const common = new Float64Array(n).fill(start);
  const own = new Float64Array(n);
  for (const form of forms) {
    if (form.arms.length === arms) {
      addForm(form, x, width, common);
      continue;
    }
    own.fill(0);
    addForm(form, x, width, own);
    for (const arm of form.arms) for (let row = 0; row < n; row += 1) answers[row * arms + arm]! += own[row]!;
  }
  for (let row = 0; row < n; row += 1)
    for (let arm = 0; arm < arms; arm += 1) answers[row * arms + arm]! += common[row]!;
}

function addForm(
  { column, bound, left, right, values }: Form,
  x: Float32Array,
  width: number,
  answers: Float64Array,
): void {
  const root = column.length === 0 ? ~0 : 0;
  for (let row = 0; row < answers.length; row += 1) {
    const from = row * width;
    let node = root;
    // What is not a number goes right, as in the last bin.
    while (node >= 0) node = x[from + column[node]!]! <= bound[node]! ? left[node]! : right[node]!;
    answers[row]! += values[~node]!;
  }
}
