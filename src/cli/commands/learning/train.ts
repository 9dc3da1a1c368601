// stipend train: from a randomised log to a release in a folder, with its evidence and a report.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import { asInteger, asNumber, asOneOf, asPositiveAmount, asText } from "../../../settings/parse.ts";
import { DONE } from "../../../terminal/context.ts";
import { learnOptionsOf } from "../../../workflows/train/learn-options.ts";
import { trainToFolder } from "../../../workflows/train/train-to-folder.ts";
import { trainingJson, trainingText } from "../../../workflows/train/training-output.ts";
import { defineCommand } from "../../command.ts";
import { flag, many, option, required, someOf, withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "from a randomised log to a release",
  description:
    "Learns what each incentive does for whom, groups users by it, solves the plans of a grid of budgets and distils a " +
    "classifier, all from a log in which chance decided who got what. Writes a folder: manifest.json, classifier.onnx, " +
    "evidence.json, report.html. Nothing is written when the evidence is broken (exit code 1).",
  examples: [
    "stipend train --data log.csv.gz --mapping mapping.yaml --out releases/first",
    "stipend train --data log.csv.gz --mapping mapping.yaml --rows train --out releases/trial",
    "stipend train --data a.parquet b.parquet --mapping mapping.yaml --out releases/second --seed 2 --cluster profile",
    "stipend train --data log.csv --mapping mapping.yaml --out /tmp/look --quick",
  ],
  options: {
    data: someOf("file", "randomised log: CSV, CSV.gz or Parquet; glob:PATTERN for several", asText),
    mapping: required("file", "what the log's columns mean", asText),
    out: required("folder", "gets the release; must not be there yet, or be empty", asText),
    allowBadRows: withDefault(
      "number",
      "rows that cannot be read and may be left out; they are held against the rest",
      asInteger({ min: 0 }),
      0,
    ),
    rows: withDefault(
      "which",
      "all, or train: leave a fifth of them for `evaluate --rows test`",
      asOneOf(["all", "train"]),
      "all",
    ),
    observational: flag("take a log in which chance did not give the arms; what comes of it says so"),
    seed: withDefault("number", "seed of everything that is drawn", asInteger({ min: 0 }), 1),
    cluster: option(
      "method",
      "how users are grouped: hidden, profile or regret (default: regret)",
      asOneOf(["hidden", "profile", "regret"]),
    ),
    clusters: many(
      "number",
      "numbers of clusters to try, the first that keeps enough is taken (default: 10 20 50 100)",
      asInteger({ min: 1, max: 1000 }),
    ),
    costLevels: option(
      "number",
      "parts at most that each cluster is then divided into by expected cost (default: 3)",
      asInteger({ min: 1, max: 10 }),
    ),
    keep: option(
      "share",
      "incremental reward that the clusters must keep (default: 0.995)",
      asNumber({ min: 0, max: 1 }),
    ),
    learners: option(
      "kind",
      "the model that predicts reward and cost: networks, boosted trees, or the mean of both (default: both; network with --quick)",
      asOneOf(["both", "network", "trees"]),
    ),
    members: option(
      "number",
      "networks in the ensemble for each of its four folds (default: 2; 4 below 50,000 rows)",
      asInteger({ min: 1, max: 64 }),
    ),
    epochs: option("number", "epochs of the networks at most (default: 40)", asInteger({ min: 1 })),
    trainRows: option(
      "number",
      "rows that networks and trees learn from at most, drawn by chance (default: 250000)",
      asInteger({ min: 100 }),
    ),
    dropout: option("share", "dropout of the networks (default: 0.3)", asNumber({ min: 0, max: 0.95 })),
    effects: option(
      "kind",
      "auto: ordered arms share strength through their dose; nominal: each arm for itself (default: auto)",
      asOneOf(["auto", "nominal"]),
    ),
    crosses: flag("every other trunk of the networks also sees products of pairs of features"),
    uncalibrated: flag("take how far offers differ from user to user as it is foretold, not as the log has it"),
    plainIntercepts: flag("start each arm's level at its plain mean, without shrinking"),
    estimator: option(
      "name",
      "values of segment × offer: the model's, those shrunk towards the log's, or the log's measured means (default: model, or shrunk where it clearly predicts better)",
      asOneOf(["model", "shrunk", "measured"]),
    ),
    value: option(
      "amount",
      "what one of the reward is worth to you, as in 25.00EUR: the report then has the profit by budget",
      asPositiveAmount,
    ),
    importanceRows: option(
      "number",
      "rows at most on which each feature is shuffled, to see what the segments rest on; 0: not at all (default: 20000; 10000 with --quick)",
      asInteger({ min: 0, max: 1_000_000 }),
    ),
    studentEpochs: option("number", "epochs of the classifier at most (default: 30)", asInteger({ min: 1 })),
    studentValue: option(
      "share",
      "least share of the clusters' value that the classifier must keep (default: 0.97)",
      asNumber({ min: 0, max: 1 }),
    ),
    budgets: option("number", "budgets of the grid, besides none (default: 20)", asInteger({ min: 1, max: 200 })),
    risk: option(
      "share",
      "chance with which a plan's spend may pass its budget (default: 0.1)",
      asNumber({ min: 0, max: 0.9 }),
    ),
    gap: option("share", "gap to the bound that a plan may have (default: 0.005)", asNumber({ min: 1e-6, max: 1 })),
    backend: option(
      "name",
      "TensorFlow: auto, native or wasm (default: STIPEND_TF_BACKEND)",
      asOneOf(["auto", "native", "wasm"]),
    ),
    memory: option("size", "bound of the database that reads the log (default: 1GB)", asSize),
    scratch: option("folder", "where the log is staged meanwhile (default: the system's temporary folder)", asText),
    quick: flag("in a hurry: smaller networks and fewer epochs, without trees, at some loss of value"),
    progress: flag("say how far it is in plain lines, also where nobody watches"),
  },
  endsBySignal: true,
  async run(context, values) {
    const done = await trainToFolder(context, { ...values, options: learnOptionsOf(values) });
    context.output.result(trainingJson(done), () => trainingText(done));
    return DONE;
  },
});

function asSize(typed: string): string {
  if (!/^\d+(\.\d+)?(MB|GB)$/.test(typed))
    throw new InvalidInput(`expected a size such as 800MB or 2GB, got "${typed}"`);
  return typed;
}
