// Feature rows: the sessions of a batch that are to be classified, all those of one release in one call of its classifier.

import { hash } from "node:crypto";
import { itemAt } from "../../domain/assert.ts";
import type { EnrichedSession } from "../enrich/enrich.ts";
import type { ReadyRelease } from "./release-cache.ts";

const FIRST_ROWS = 64;
const FLOAT_BYTES = 4;
const HASH_BYTES = 8;

interface ReleaseRows {
  readonly release: ReadyRelease;
  values: Float32Array;
  readonly sessions: EnrichedSession[];
}

export class FeatureRows {
  readonly #byRelease = new Map<string, ReleaseRows>();

  /** Encodes the session's features; sets its `featuresHash`, and `degraded` when one takes its default. */
  add(release: ReadyRelease, session: EnrichedSession): void {
    const { encoder } = release;
    let rows = this.#byRelease.get(release.hash);
    if (rows === undefined) {
      rows = { release, values: new Float32Array(FIRST_ROWS * encoder.width), sessions: [] };
      this.#byRelease.set(release.hash, rows);
    }
    const offset = rows.sessions.length * encoder.width;
    if (offset + encoder.width > rows.values.length) rows.values = doubled(rows.values);
    const missing = encoder.encode(session.attributes, rows.values, offset);
    rows.sessions.push(session);
    const row = Buffer.from(rows.values.buffer, offset * FLOAT_BYTES, encoder.width * FLOAT_BYTES);
    session.featuresHash = hash("sha256", row, "buffer").subarray(0, HASH_BYTES);
    session.degraded ||= missing > 0;
  }

  /** Sets the cluster of each session whose classifier answers. */
  async classify(): Promise<void> {
    for (const { release, values, sessions } of this.#byRelease.values()) {
      const answer = await release.classifier.classify(values, sessions.length).catch(() => null);
      if (answer === null) continue;
      for (const [row, session] of sessions.entries()) {
        session.cluster = itemAt(answer.clusters, row);
        session.probability = itemAt(answer.probabilities, row);
      }
    }
  }
}

function doubled(values: Float32Array): Float32Array {
  const larger = new Float32Array(values.length * 2);
  larger.set(values);
  return larger;
}
