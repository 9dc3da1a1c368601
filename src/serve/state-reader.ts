// State reader: the state's records by what they are about.

import { must } from "../domain/assert.ts";
import type { StateView } from "../task/processor.ts";
import type { CampaignCounts, ShardHead, StoredProfile } from "./shard/records.ts";
import { NEW_SHARD } from "./shard/records.ts";
import { inForce, type InForce } from "./shard/settings.ts";
import { HEAD_KEY, countsKey, profileKey, settingsKey, userKey, type StateCodec, type StateRecord } from "./state.ts";
import { NEW_USER, type UserRecord } from "./user/record.ts";

export class StateReader {
  readonly #codec: StateCodec;
  readonly #view: StateView;

  constructor(codec: StateCodec, view: StateView) {
    this.#codec = codec;
    this.#view = view;
  }

  head(): ShardHead {
    return this.#of(HEAD_KEY, "shard_head") ?? NEW_SHARD;
  }

  settings(campaign: string): InForce {
    return inForce(must(this.#of(settingsKey(campaign), "campaign_settings"), `the settings of ${campaign}`));
  }

  counts(campaign: string): CampaignCounts | null {
    return this.#of(countsKey(campaign), "campaign_counts");
  }

  user(userId: string): UserRecord {
    return this.#of(userKey(userId), "user_record") ?? NEW_USER;
  }

  profile(userId: string): StoredProfile | null {
    return this.#of(profileKey(userId), "stored_profile");
  }

  #of<K extends StateRecord["kind"]>(key: string, kind: K): Extract<StateRecord, { readonly kind: K }> | null {
    const bytes = this.#view.get(key);
    return bytes === undefined ? null : decodeAs(this.#codec, bytes, kind);
  }
}

export function decodeAs<K extends StateRecord["kind"]>(
  codec: StateCodec,
  bytes: Uint8Array,
  kind: K,
): Extract<StateRecord, { readonly kind: K }> {
  const record = codec.decode(bytes);
  const isKind = (value: StateRecord): value is Extract<StateRecord, { readonly kind: K }> => value.kind === kind;
  return must(isKind(record) ? record : null, `a ${kind} (there is a ${record.kind})`);
}
