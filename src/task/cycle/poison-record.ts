// Poison record: which record of a batch it is that a cycle cannot get past. Nothing that can be put on a topic should be one: its
// processor dead-letters what it cannot use. For the one that nobody thought of, those before it are taken, so that it is the
// next, and then the task stops and says which it is; `stipend dead-letters skip` (skip-record.ts) passes over it by hand.

import { checkBounds } from "../../log/bounds.ts";
import { RecordTooLarge, type LogRecord, type TopicSpec } from "../../log/event-log.ts";
import type { CycleOutput } from "../processor.ts";

export class PoisonRecord extends Error {
  override name = "PoisonRecord";

  constructor(kind: string, { topic, partition, offset }: LogRecord, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(
      `${kind} cannot get past ${topic} ${partition}@${offset}: ${why}. To pass over this one record, kept as a dead letter: stop ` +
        `every allocator, then \`stipend dead-letters skip --topic ${topic} --at ${partition}@${offset}\``,
      { cause },
    );
  }
}

/**
 * The index of the first record without which those before it do; −1 when it is no record: without any it fails as well, or
 * all go through. `work` changes nothing.
 */
export async function findPoisonRecord(
  batch: readonly LogRecord[],
  work: (records: readonly LogRecord[]) => Promise<unknown>,
): Promise<number> {
  const fails = async (count: number): Promise<boolean> => {
    try {
      await work(batch.slice(0, count));
      return false;
    } catch {
      return true;
    }
  };
  if ((await fails(0)) || !(await fails(batch.length))) return -1;
  let [good, bad] = [0, batch.length];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (await fails(middle)) bad = middle;
    else good = middle;
  }
  return bad - 1;
}

/** Whether the log would take what came of a batch; throws `RecordTooLarge`. */
export function checkEffects({ records, state }: CycleOutput, changelog: string, specs: readonly TopicSpec[]): void {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const all = [...records, ...[...state].map(([key, value]) => ({ topic: changelog, key: Buffer.from(key), value }))];
  for (const record of all) {
    const spec = byName.get(record.topic);
    if (spec === undefined) throw new RecordTooLarge(`${record.topic} is no topic`);
    checkBounds(spec, record);
  }
}
