// State: the keys and the codec of everything on the `state` changelog.
//
//   u/<user>      the user's record          p/<user>       the user's profile
//   g/<campaign>  the campaign's settings    c/<campaign>   its book and statistics
//   h             the partition's chains and campaigns

import { schemaCodec, type Codec } from "../../log/codec/codec.ts";
import { VarintReader } from "../../log/varint.ts";
import type { CampaignCounts, CampaignSettings, ShardHead, StoredProfile } from "./campaign/records.ts";
import { asBuffer } from "./user/packed.ts";
import type { UserRecord } from "./user/record.ts";

export type StateRecord = UserRecord | CampaignSettings | CampaignCounts | ShardHead | StoredProfile;

export type StateCodec = Codec<StateRecord>;

export function stateCodec(): StateCodec {
  return schemaCodec<StateRecord>("state");
}

const USER = "u/";
const PROFILE = "p/";

export const userKey = (userId: string): string => USER + userId;
export const profileKey = (userId: string): string => PROFILE + userId;
export const settingsKey = (campaign: string): string => `g/${campaign}`;
export const countsKey = (campaign: string): string => `c/${campaign}`;
export const HEAD_KEY = "h";

/** The user of a user's key; undefined for every other key. */
export function userOf(key: string): string | undefined {
  return key.startsWith(USER) ? key.slice(USER.length) : undefined;
}

/** The user of a profile's key; undefined for every other key. */
export function profileUserOf(key: string): string | undefined {
  return key.startsWith(PROFILE) ? key.slice(PROFILE.length) : undefined;
}

/** When a record is due; null for all but users and their profiles. */
export function dueOfState(codec: StateCodec, key: string, value: Uint8Array): number | null {
  if (!key.startsWith(USER) && !key.startsWith(PROFILE)) return null;
  const quick = quickDue(value);
  if (quick !== null) return quick;
  const record = codec.decode(value);
  return "dueMs" in record ? record.dueMs : null;
}

const SINGLE_OBJECT_BYTES = 10;

/** Branches of schemas/state.avsc, as Avro writes their numbers. */
const [USER_BRANCH, PROFILE_BRANCH] = [0, 8];

/**
 * The due time without decoding the rest: `dueMs` is the first field of these branches of schemas/state.avsc, right
 * after the single-object header. test/serve/state/bounds.test.ts holds this to what the codec says.
 */
function quickDue(value: Uint8Array): number | null {
  const branch = value[SINGLE_OBJECT_BYTES];
  if (value[0] !== 0xc3 || (branch !== USER_BRANCH && branch !== PROFILE_BRANCH)) return null;
  return new VarintReader(asBuffer(value), SINGLE_OBJECT_BYTES + 1).signed();
}
