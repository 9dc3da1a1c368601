// Where the time of a serve process goes: a CPU profile of V8, each sample given to the stage of the innermost frame that
// the table knows. Idle is what the thread had nothing to do, waiting for the log's writer or the broker among it.
//
//   poll      asking for inputs and taking records out of what came
//   commit    making and ordering what is written; on Kafka its record batches and requests
//   network   sockets, and what is sent and received over them: both ways
//   encode    rows of decisions and users to Avro, and the hashes that chain them

import { writeFileSync } from "node:fs";
import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";

export const STAGES = [
  "poll",
  "decode",
  "load",
  "enrich",
  "classify",
  "decide",
  "encode",
  "commit",
  "network",
  "apply",
  "garbage",
  "other",
  "idle",
] as const;
export type Stage = (typeof STAGES)[number];
export type Shares = Readonly<Record<Stage, number>>;
/** The profiler's own time counts for nothing. */
type Attribution = Stage | "profiler";

/** First match counts: file below our src/, then the function. */
export const FRAMES: readonly (readonly [file: RegExp, name: RegExp, stage: Stage])[] = [
  [/^log\/codec\/codec\.ts$/, /^encode/, "encode"],
  [/^serve\/state\/user\/attribute-bytes\.ts$/, /^encodeAttributes$/, "encode"],
  [/^serve\/publish\/journal\.ts$/, /./, "encode"],
  [/^serve\/receive\/contract\.ts$/, /./, "decode"],
  [/^serve\/state\/state-reader\.ts$/, /./, "load"],
  [/^serve\/receive\/batch-view\.ts$/, /^(readUser|#user|#profileOf)$/, "load"],
  [/^serve\/classify\/feature-rows\.ts$/, /^classify$/, "classify"],
  [/^serve\/classify\/onnx\.ts$/, /./, "classify"],
  [/^serve\/receive\/(prepare|batch-view)\.ts$/, /./, "enrich"],
  [/^serve\/(serve-cycle|processor)\.ts$/, /./, "decide"],
  [/^log\/embedded\/task-log\.ts$/, /^(poll|seek|restore|#check)$/, "poll"],
  [/^log\/embedded\/watcher\.ts$/, /./, "poll"],
  [/^log\/embedded\//, /./, "commit"],
  [/^log\/kafka\/reading\//, /./, "poll"],
  [/^log\/kafka\/protocol\/(fetch-call|batches\/(lz4|snappy|compression))\.ts$/, /./, "poll"],
  [/^log\/kafka\/protocol\/batches\/(record|stored)-batch\.ts$/, /^(stored|decode|read|isAbort)/, "poll"],
  [/^log\/kafka\/transactions\/task-log\.ts$/, /^(poll|seek|restore)$/, "poll"],
  [/^log\/kafka\/client\//, /./, "network"],
  [/^log\/kafka\/(transactions|writing)\//, /./, "commit"],
  [/^log\/kafka\/protocol\/(batches\/record-batch|transaction-calls)\.ts$/, /./, "commit"],
  [/^task\/store\/lmdb-store\.ts$/, /^(get|due)$/, "load"],
  [/^task\/store\/lmdb/, /./, "apply"],
  [/^task\/cycle\/cycle\.ts$/, /^transaction$/, "commit"],
];

const SAMPLE_US = 250;
const SOURCE = /\/src\/(.+)$/;
const SOCKETS = /^node:(net|internal\/stream)|\/log\/kafka\/client\/(frames|socket|transport)\.ts/;

/** Shares of the thread's time while `work` runs; they sum to 1. The profile goes to `file` for a closer look. */
export async function stagesOf(work: () => Promise<unknown>, file: string | null): Promise<Shares> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
    await session.post("Profiler.start");
    await work();
    const { profile } = await session.post("Profiler.stop");
    if (file !== null) writeFileSync(file, JSON.stringify(profile));
    return sharesOf(profile);
  } finally {
    session.disconnect();
  }
}

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const stageOfNode = stagesByNode(nodes);
  const shares = Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<Stage, number>;
  let total = 0;
  samples.forEach((id, index) => {
    const us = timeDeltas[index] ?? 0;
    const stage = stageOfNode.get(id) ?? "other";
    if (stage === "profiler") return;
    shares[stage] += us;
    total += us;
  });
  for (const stage of STAGES) shares[stage] = Math.round((shares[stage] / total) * 1_000) / 1_000;
  return shares;
}

/** A node's own frame, or else its caller's. Callers come before what they call. */
function stagesByNode(nodes: readonly Profiler.ProfileNode[]): Map<number, Attribution> {
  const found = new Map<number, Attribution>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const walk = (node: Profiler.ProfileNode, caller: Attribution): void => {
    const stage = stageOfFrame(node) ?? caller;
    found.set(node.id, stage);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) walk(child, stage);
    }
  };
  const [root] = nodes;
  if (root !== undefined) walk(root, "other");
  return found;
}

function stageOfFrame({ callFrame: { url, functionName } }: Profiler.ProfileNode): Attribution | undefined {
  if (functionName === "(garbage collector)") return "garbage";
  if (functionName === "(idle)") return "idle";
  if (url === "node:inspector") return "profiler";
  if (SOCKETS.test(url)) return "network";
  const file = SOURCE.exec(url)?.[1];
  if (file === undefined) return undefined;
  return FRAMES.find(([files, names]) => files.test(file) && names.test(functionName || "anonymous"))?.[2];
}
