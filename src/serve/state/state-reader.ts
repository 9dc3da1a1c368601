// State reader: the state's records by what they are about. A campaign's two records are read in every cycle, of every
// campaign that the shard has ever had, and seldom change: they are decoded again only when their bytes are others.

import { must } from "../../domain/assert.ts";
import { Undecodable } from "../../log/codec/codec.ts";
import type { StateView } from "../../task/processor.ts";
import type { CampaignCounts, ShardHead, StoredProfile } from "./campaign/records.ts";
import { NEW_SHARD } from "./campaign/records.ts";
import { inForce, type InForce } from "./campaign/settings.ts";
import { HEAD_KEY, countsKey, profileKey, settingsKey, userKey, type StateCodec, type StateRecord } from "./state.ts";
import { NEW_USER, type UserRecord } from "./user/record.ts";

/** What was decoded last, by state key; of one partition. */
export type DecodedCache = Map<string, { readonly bytes: Uint8Array; readonly record: StateRecord }>;

export class StateReader {
  readonly #codec: StateCodec;
  readonly #view: StateView;
  readonly #decoded: DecodedCache;

  constructor(codec: StateCodec, view: StateView, decoded: DecodedCache) {
    this.#codec = codec;
    this.#view = view;
    this.#decoded = decoded;
  }

  head(): ShardHead {
    return this.#of(HEAD_KEY, "shard_head") ?? NEW_SHARD;
  }

  settings(campaign: string): InForce {
    return inForce(must(this.#known(settingsKey(campaign), "campaign_settings"), `the settings of ${campaign}`));
  }

  /** Of one that may have left the head; null when it was never there. */
  settingsOrNull(campaign: string): InForce | null {
    const known = this.#known(settingsKey(campaign), "campaign_settings");
    return known === null ? null : inForce(known);
  }

  counts(campaign: string): CampaignCounts | null {
    return this.#known(countsKey(campaign), "campaign_counts");
  }

  /** What was decoded of campaigns that have left the head. */
  forgetAllBut(campaigns: ReadonlyMap<string, unknown>): void {
    if (this.#decoded.size <= 2 * campaigns.size) return;
    const kept = new Set([...campaigns.keys()].flatMap((id) => [settingsKey(id), countsKey(id)]));
    for (const key of this.#decoded.keys()) if (!kept.has(key)) this.#decoded.delete(key);
  }

  hasUser(userId: string): boolean {
    return this.#view.get(userKey(userId)) !== undefined;
  }

  user(userId: string): UserRecord {
    return this.#of(userKey(userId), "user_record") ?? NEW_USER;
  }

  profile(userId: string): StoredProfile | null {
    return this.#of(profileKey(userId), "stored_profile");
  }

  #of<K extends StateRecord["kind"]>(key: string, kind: K): Extract<StateRecord, { readonly kind: K }> | null {
    const bytes = this.#view.get(key);
    return bytes === undefined ? null : decodeAs(this.#codec, key, bytes, kind);
  }

  #known<K extends StateRecord["kind"]>(key: string, kind: K): Extract<StateRecord, { readonly kind: K }> | null {
    const bytes = this.#view.get(key);
    if (bytes === undefined) return null;
    const before = this.#decoded.get(key);
    if (before !== undefined && Buffer.compare(before.bytes, bytes) === 0) return ofKind(before.record, kind);
    const record = decodeAs(this.#codec, key, bytes, kind);
    this.#decoded.set(key, { bytes, record });
    return record;
  }
}

function decodeAs<K extends StateRecord["kind"]>(
  codec: StateCodec,
  key: string,
  bytes: Uint8Array,
  kind: K,
): Extract<StateRecord, { readonly kind: K }> {
  try {
    return ofKind(codec.decode(bytes), kind);
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    const what = `the state under ${JSON.stringify(key)} is none of ours (${error.message})`;
    throw new Undecodable(
      `${what}: somebody else has written to the changelog (docs/OPERATIONS.md, A foreign record in a changelog)`,
    );
  }
}

function ofKind<K extends StateRecord["kind"]>(
  record: StateRecord,
  kind: K,
): Extract<StateRecord, { readonly kind: K }> {
  const isKind = (value: StateRecord): value is Extract<StateRecord, { readonly kind: K }> => value.kind === kind;
  return must(isKind(record) ? record : null, `a ${kind} (there is a ${record.kind})`);
}
