// Prepare: everything that `process` has to know of the world and of the batch, before anything is changed: the records
// decoded and checked, the campaigns with the batch's grants, the users with the batch's events in their aggregates, the
// sessions enriched and classified. All sessions of one release are classified in one call.
//
// A user's second session in a batch sees the first, and the outcomes before it. It does not see what the first was
// given: that is decided in `process`; the `incentives_…` features tell of it from the next cycle on.

import { hash } from "node:crypto";
import { must } from "../domain/assert.ts";
import type { Attributes } from "../domain/features.ts";
import type { Outcome, Profile, Session } from "../domain/session.ts";
import type { LogRecord } from "../log/event-log.ts";
import type { CycleContext, StateView } from "../task/processor.ts";
import { chooseCampaign } from "./allocate/choose-campaign.ts";
import type { ReadyRelease, ReleaseShelf } from "./classify/release-shelf.ts";
import { readRecord, refused, type Inbound, type InputCodecs } from "./contract.ts";
import { enriched } from "./enrich/enrich.ts";
import type { External, FeatureService } from "./enrich/feature-service.ts";
import { judge, outcomeRow, type Judgement } from "./settle/judge.ts";
import { rewardOf } from "./settle/reward.ts";
import type { CampaignCounts, ShardHead, StoredProfile } from "./shard/records.ts";
import { NEW_SHARD } from "./shard/records.ts";
import { inForce, isLive, withGrant, type InForce } from "./shard/settings.ts";
import { HEAD_KEY, countsKey, profileKey, settingsKey, userKey, type StateCodec, type StateRecord } from "./state.ts";
import { aggregatesOf, withOrder, withRedemption, withReward, withSession } from "./user/activity.ts";
import { appendRow } from "./user/packed.ts";
import { recognise } from "./user/recent-sessions.ts";
import { NEW_USER, OUTCOMES_MAX, type UserRecord } from "./user/record.ts";

/** A session that asks for a decision, with all that is known of it. */
export interface PreparedSession {
  readonly session: Session;
  readonly record: LogRecord;
  /** Null when there is no campaign for it. */
  readonly campaign: string | null;
  readonly attributes: Attributes;
  /** A feature took its default. */
  readonly degraded: boolean;
  /** −1 without an answer from the classifier. */
  readonly cluster: number;
  readonly probability: number;
  readonly featuresHash: Uint8Array;
}

export type Prepared =
  | { readonly kind: "session"; readonly session: PreparedSession }
  | { readonly kind: "repeated" }
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly record: LogRecord }
  | Extract<Inbound, { readonly kind: "refused" }>;

export interface ReadUser {
  /** As in the state, but with the batch's sessions and activity. */
  readonly record: UserRecord;
  readonly key: Uint8Array;
}

export interface ServeFacts {
  /** In the batch's order; grants and profiles are not among them. */
  readonly events: readonly Prepared[];
  readonly head: ShardHead;
  readonly campaigns: ReadonlyMap<string, InForce>;
  readonly counts: ReadonlyMap<string, CampaignCounts | null>;
  /** Campaigns that the batch brought a grant of. */
  readonly granted: ReadonlySet<string>;
  /** By hash: those in force that could be had. */
  readonly releases: ReadonlyMap<string, ReadyRelease>;
  readonly users: ReadonlyMap<string, ReadUser>;
  /** Profiles to be kept; null to be forgotten. */
  readonly profiles: ReadonlyMap<string, StoredProfile | null>;
}

export interface World {
  readonly codecs: InputCodecs;
  readonly state: StateCodec;
  readonly shelf: ReleaseShelf;
  readonly features: FeatureService | null;
}

export async function prepare(
  world: World,
  view: StateView,
  batch: readonly LogRecord[],
  context: CycleContext,
): Promise<ServeFacts> {
  const inbound = batch.map((record) => readRecord(world.codecs, record, context));
  const reader = new Reader(world.state, view);
  const head = reader.head();
  const { campaigns, granted } = campaignsOf(reader, head, inbound);
  const counts = new Map([...campaigns.keys()].map((id) => [id, reader.counts(id)]));
  const [releases, external] = await Promise.all([
    releasesInForce(world.shelf, campaigns, counts, inbound, context.nowMs),
    lookUp(world.features, inbound),
  ]);
  const fold = new Fold(reader, campaigns, releases, external, world.features !== null, context.nowMs);
  for (const item of inbound) fold.take(item);
  const events = await classified(fold.events, fold.rows);
  const { users, profiles } = fold;
  return { events, head, campaigns, counts, granted, releases, users, profiles };
}

/** Reads the state's records by what they are about. */
class Reader {
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

function campaignsOf(
  reader: Reader,
  head: ShardHead,
  inbound: readonly Inbound[],
): { readonly campaigns: Map<string, InForce>; readonly granted: Set<string> } {
  const campaigns = new Map(head.campaigns.map((id) => [id, reader.settings(id)]));
  const granted = new Set<string>();
  for (const item of inbound) {
    if (item.kind !== "grant") continue;
    const { id } = item.grant.campaign;
    campaigns.set(id, withGrant(campaigns.get(id) ?? null, item.grant, item.record.offset));
    granted.add(id);
  }
  return { campaigns, granted };
}

/** Those that this cycle's sessions need, and those that wait to take effect. */
async function releasesInForce(
  shelf: ReleaseShelf,
  campaigns: ReadonlyMap<string, InForce>,
  counts: ReadonlyMap<string, CampaignCounts | null>,
  inbound: readonly Inbound[],
  nowMs: number,
): Promise<Map<string, ReadyRelease>> {
  const busy = inbound.some((item) => item.kind === "session");
  const wanted = new Set<string>();
  for (const [id, { release, settings }] of campaigns) {
    if (release === null || settings.grant.state === "ended") continue;
    if ((busy && isLive(settings, nowMs)) || counts.get(id)?.release !== release) wanted.add(release);
  }
  const ready = await Promise.all([...wanted].map(async (hash) => await shelf.get(hash)));
  return new Map(ready.flatMap((release) => (release === null ? [] : [[release.hash, release]])));
}

async function lookUp(features: FeatureService | null, inbound: readonly Inbound[]): Promise<External> {
  if (features === null) return null;
  const userIds = new Set(inbound.flatMap((item) => (item.kind === "session" ? [item.session.userId] : [])));
  return userIds.size === 0 ? new Map() : await features.lookUp([...userIds]);
}

/** Rows of one release, to be classified together; `at` are the events' indices. */
interface Rows {
  readonly release: ReadyRelease;
  values: Float32Array;
  readonly at: number[];
}

/** Takes the batch in order; each event sees those before it. */
class Fold {
  readonly events: Prepared[] = [];
  readonly users = new Map<string, ReadUser>();
  readonly profiles = new Map<string, StoredProfile | null>();
  readonly rows = new Map<string, Rows>();
  readonly #reader: Reader;
  readonly #campaigns: ReadonlyMap<string, InForce>;
  readonly #releases: ReadonlyMap<string, ReadyRelease>;
  readonly #external: External;
  readonly #asksService: boolean;
  readonly #nowMs: number;
  readonly #loaded = new Map<string, StoredProfile | null>();
  /** Users with the outcomes so far counted, to know repeated ones; `process` counts them again, with the money. */
  readonly #judged = new Map<string, UserRecord>();

  constructor(
    reader: Reader,
    campaigns: ReadonlyMap<string, InForce>,
    releases: ReadonlyMap<string, ReadyRelease>,
    external: External,
    asksService: boolean,
    nowMs: number,
  ) {
    this.#reader = reader;
    this.#campaigns = campaigns;
    this.#releases = releases;
    this.#external = external;
    this.#asksService = asksService;
    this.#nowMs = nowMs;
  }

  take(item: Inbound): void {
    switch (item.kind) {
      case "grant":
        return;
      case "refused":
        this.events.push(item);
        return;
      case "profile":
        return this.#profile(item.userId, item.profile);
      case "outcome":
        return this.#outcome(item.outcome, item.record);
      case "session":
        return this.#session(item.session, item.record);
    }
  }

  /** The latest counts, whichever order they come in. */
  #profile(userId: string, profile: Profile | null): void {
    const known = this.#profileOf(userId);
    if (profile !== null && known !== null && profile.atMs < known.atMs) return;
    const kept: StoredProfile | null =
      profile === null ? null : { kind: "stored_profile", atMs: profile.atMs, attributes: profile.attributes };
    this.profiles.set(userId, kept);
  }

  #profileOf(userId: string): StoredProfile | null {
    const inBatch = this.profiles.get(userId);
    if (inBatch !== undefined) return inBatch;
    let loaded = this.#loaded.get(userId);
    if (loaded === undefined) {
      loaded = this.#reader.profile(userId);
      this.#loaded.set(userId, loaded);
    }
    return loaded;
  }

  #outcome(outcome: Outcome, record: LogRecord): void {
    this.events.push({ kind: "outcome", outcome, record });
    const { userId } = outcome;
    const user = this.#user(userId, record);
    const judged = this.#judged.get(userId) ?? user.record;
    const judgement = judge(judged, outcome, this.#nowMs);
    if (judgement.verdict !== "counts") return;
    this.#judged.set(userId, remembered(judged, judgement.at, outcome));
    this.#keep(userId, user, this.#withOutcome(user.record, judged, judgement, outcome));
  }

  #withOutcome(record: UserRecord, judged: UserRecord, judgement: Judgement, outcome: Outcome): UserRecord {
    const open = judgement.verdict === "counts" ? judged.open[judgement.at] : undefined;
    const weights = this.#campaigns.get(open?.campaign ?? "")?.settings.grant.campaign.rewardWeights ?? {};
    let { activity } = record;
    if (outcome.kind === "converted") activity = withOrder(activity, this.#nowMs);
    if (outcome.kind === "redeemed") activity = withRedemption(activity, this.#nowMs);
    return { ...record, activity: withReward(activity, this.#nowMs, rewardOf(weights, outcome.rewards)) };
  }

  #session(session: Session, record: LogRecord): void {
    const { userId } = session;
    const user = this.#user(userId, record);
    const { seen, recent } = recognise(user.record.sessions, session, this.#nowMs);
    if (seen === "repeated") {
      this.events.push({ kind: "repeated" });
      return;
    }
    if (seen === "conflict") {
      const detail = `sessionId: ${session.sessionId} came before with another body`;
      this.events.push(refused(record, "session_conflict", detail));
      return;
    }
    this.#enrich(session, record, user.record);
    const activity = withSession(user.record.activity, this.#nowMs);
    this.#keep(userId, user, { ...user.record, sessions: recent, activity });
  }

  #enrich(session: Session, record: LogRecord, user: UserRecord): void {
    const chosen = chooseCampaign(session, this.#campaigns, this.#nowMs);
    const external = this.#external?.get(session.userId) ?? null;
    const profile = this.#profileOf(session.userId)?.attributes ?? null;
    const attributes = enriched(session.attributes, profile, aggregatesOf(user.activity, this.#nowMs), external);
    const release = this.#releases.get(chosen?.release ?? "");
    const silent = this.#asksService && external === null;
    const prepared: PreparedSession = {
      session,
      record,
      campaign: chosen?.settings.grant.campaign.id ?? null,
      attributes,
      degraded: silent,
      cluster: -1,
      probability: 0,
      featuresHash: NO_FEATURES,
    };
    const asked = chosen !== null && isLive(chosen.settings, this.#nowMs) ? release : undefined;
    this.events.push({
      kind: "session",
      session: asked === undefined ? prepared : this.#addRow(asked, prepared),
    });
  }

  #addRow(release: ReadyRelease, prepared: PreparedSession): PreparedSession {
    const { encoder } = release;
    let rows = this.rows.get(release.hash);
    if (rows === undefined) {
      rows = { release, values: new Float32Array(64 * encoder.width), at: [] };
      this.rows.set(release.hash, rows);
    }
    const offset = rows.at.length * encoder.width;
    if (offset + encoder.width > rows.values.length) rows.values = grown(rows.values);
    const missing = encoder.encode(prepared.attributes, rows.values, offset);
    rows.at.push(this.events.length);
    const row = Buffer.from(rows.values.buffer, offset * 4, encoder.width * 4);
    const featuresHash = hash("sha256", row, "buffer").subarray(0, 8);
    return { ...prepared, degraded: prepared.degraded || missing > 0, featuresHash };
  }

  #user(userId: string, record: LogRecord): ReadUser {
    const known = this.users.get(userId);
    if (known !== undefined) return known;
    const user = { record: this.#reader.user(userId), key: must(record.key, "a user's key") };
    this.users.set(userId, user);
    return user;
  }

  #keep(userId: string, user: ReadUser, record: UserRecord): void {
    this.users.set(userId, { ...user, record });
  }
}

const NO_FEATURES: Uint8Array = new Uint8Array(8);

function remembered(record: UserRecord, at: number, outcome: Outcome): UserRecord {
  const open = must(record.open[at], "the open decision");
  const outcomes = appendRow(open.outcomes, outcomeRow(outcome), OUTCOMES_MAX);
  return { ...record, open: record.open.with(at, { ...open, outcomes }) };
}

function grown(values: Float32Array): Float32Array {
  const larger = new Float32Array(values.length * 2);
  larger.set(values);
  return larger;
}

async function classified(events: readonly Prepared[], rows: ReadonlyMap<string, Rows>): Promise<readonly Prepared[]> {
  const done = [...events];
  for (const { release, values, at } of rows.values()) {
    const answer = await release.classifier.classify(values, at.length).catch(() => null);
    if (answer === null) continue;
    for (let row = 0; row < at.length; row += 1) {
      const index = at[row] ?? -1;
      const event = must(done[index], `event ${index}`);
      if (event.kind !== "session") continue;
      const cluster = answer.clusters[row] ?? -1;
      const probability = answer.probabilities[row] ?? 0;
      done[index] = { kind: "session", session: { ...event.session, cluster, probability } };
    }
  }
  return done;
}
