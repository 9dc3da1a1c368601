// Cycle: the treasurer's unit of work. Books are taken from the state when first needed, changed as the batch says, reviewed
// once at the end, and put back with the grants and statuses that follow.

import { assert, must } from "../domain/assert.ts";
import type { CommandAnswer, Outlook, PacingCommand, ReleaseRecord, ShardReport } from "../domain/campaign/control.ts";
import { deadLetterOf, type DeadLetterReason } from "../domain/session/dead-letter.ts";
import { strictHoldMinor, withKnownController } from "../domain/campaign/campaign.ts";
import type { Minor } from "../domain/money/money.ts";
import type { ReleaseManifest } from "../domain/release/release.ts";
import { ACCOUNTS, type ByAccount } from "../domain/money/totals.ts";
import { codecFor, schemaCodec } from "../log/codec/codec.ts";
import type { LogRecord, OutRecord } from "../log/event-log.ts";
import {
  countOne,
  NOTES_MOST,
  type CountKey,
  type CycleContext,
  type CycleNote,
  type CycleOutput,
  type StateView,
} from "../task/processor.ts";
import { answerCommand, withAnswer } from "./inbox/commands.ts";
import { outMinor } from "./slices/holdings.ts";
import { grantsOf, statusOf, statusOfUnknown, withApplied } from "./outbox/messages.ts";
import { outlookOf } from "./forecast/outlook.ts";
import { review } from "./pace/pacing.ts";
import { inPeriod } from "./pace/periods.ts";
import { readManifest, type ManifestCache } from "./inbox/releases.ts";
import { takeReport } from "./inbox/reports.ts";
import {
  bookKey,
  releaseKey,
  RELEASES_KEPT,
  releaseListKey,
  UNKNOWN_KEY,
  type CampaignBook,
  type TreasuryState,
} from "./state/state.ts";

export const treasuryStateCodec = schemaCodec<TreasuryState>("treasury-state");
const grants = codecFor("grants");
const statuses = codecFor("budget-status");
const deadLetters = codecFor("dead-letters");

export interface CycleOptions {
  /** Partition count of `grants`: a campaign has a shard in each. */
  readonly shards: number;
  /** Manifests by their hash, so that one is parsed once. */
  readonly parsed: ManifestCache;
}

interface OpenBook {
  /** As in the state; null when the campaign is new. */
  readonly before: CampaignBook | null;
  book: CampaignBook | null;
  isAnswered: boolean;
  /** A report was taken as it is after an alarm: more may be out than was known. */
  isTrusted: boolean;
}

type Entry = TreasuryState["entry"];

export class TreasuryCycle {
  readonly #view: StateView;
  readonly #options: CycleOptions;
  readonly #secrets: ReadonlyMap<string, Uint8Array>;
  readonly #context: CycleContext;
  readonly #open = new Map<string, OpenBook>();
  readonly #entries = new Map<string, Entry | null>();
  readonly #records: OutRecord[] = [];
  readonly #counts = new Map<CountKey, number>();
  readonly #notes: CycleNote[] = [];

  constructor(view: StateView, options: CycleOptions, secrets: ReadonlyMap<string, Uint8Array>, context: CycleContext) {
    this.#secrets = secrets;
    this.#view = view;
    this.#options = options;
    this.#context = context;
  }

  release(record: ReleaseRecord, source: LogRecord): void {
    const { campaign, hash, publishedAtMs, manifest } = record;
    const read = readManifest(manifest, hash);
    if ("broken" in read) return this.deadLetter(source, "contract", read.broken);
    this.#entries.set(releaseKey(campaign, hash), { kind: "known_release", hash, publishedAtMs, manifest });
    const known = this.#entry(releaseListKey(campaign), "release_shelf")?.hashes ?? [];
    const hashes = [...known.filter((other) => other !== hash), hash];
    const inUse = new Set(this.#inUse(campaign));
    for (const old of hashes.slice(0, -RELEASES_KEPT)) {
      if (inUse.has(old)) continue;
      hashes.splice(hashes.indexOf(old), 1);
      this.#entries.set(releaseKey(campaign, old), null);
    }
    this.#entries.set(releaseListKey(campaign), { kind: "release_shelf", hashes });
  }

  command(command: PacingCommand): void {
    const open = this.#opened(command.campaign);
    const unknown = this.#entry(UNKNOWN_KEY, "unknown_campaign")?.answers ?? [];
    const own = open.book?.answers ?? [];
    const answered = answerCommand(command, open.book, [...own, ...unknown], {
      shards: this.#options.shards,
      newSecret: () => must(this.#secrets.get(command.campaign), "a secret of the campaign that is made"),
      nowMs: this.#context.nowMs,
      manifestOf: (hash) => this.#manifest(command.campaign, hash),
      outlook: (book) => this.#outlook(book),
    });
    open.isAnswered = true;
    if (answered.isNew) this.#countAnswer(command, answered.answer);
    if (answered.book === null) {
      this.#entries.set(UNKNOWN_KEY, { kind: "unknown_campaign", answers: withAnswer(unknown, answered.answer) });
      this.#status(command.campaign, statusOfUnknown(command.campaign, [answered.answer], this.#context.nowMs));
      return;
    }
    open.book = { ...answered.book, answers: own.includes(answered.answer) ? own : withAnswer(own, answered.answer) };
  }

  report(report: ShardReport, source: LogRecord): void {
    const open = this.#opened(report.campaign);
    const shard = open.book?.shards[report.shard];
    if (open.book === null || shard === undefined)
      return this.deadLetter(source, "contract", `no shard ${report.shard} of a campaign ${report.campaign} here`);
    const taken = takeReport(open.book, shard, report, explorationMean(open.book));
    if ("late" in taken) return;
    if ("broken" in taken) {
      this.deadLetter(source, "contract", taken.broken);
      open.book = this.#alarmed(open.book, report.shard, taken.broken);
      return;
    }
    open.isTrusted ||= shard.trustFrom !== null;
    open.book = { ...open.book, shards: open.book.shards.with(report.shard, taken.shard) };
  }

  #alarmed(book: CampaignBook, shard: number, broken: string): CampaignBook {
    const { alarm, campaign } = book;
    if (alarm?.shards.includes(shard) === true) return book;
    const detail = `shard ${shard}: ${broken}`;
    countOne(this.#counts, "alarms/impossible_report");
    this.#notes.unshift({
      text: `ALARM: ${campaign.id} is paused: ${detail}. See \`stipend pacing status\``,
      campaign: campaign.id,
    });
    if (alarm !== null) return { ...book, alarm: { ...alarm, shards: [...alarm.shards, shard] } };
    return { ...book, alarm: { atMs: this.#context.nowMs, shards: [shard], detail }, revision: book.revision + 1 };
  }

  /** Time alone has come: the campaign is reviewed though nobody asked. */
  due(key: string): void {
    if (key.startsWith(bookKey(""))) this.#opened(key.slice(bookKey("").length));
  }

  deadLetter(source: LogRecord, reason: DeadLetterReason, detail: string): void {
    countOne(this.#counts, `dead_letters/${reason}`);
    const { topic, partition, offset } = source;
    const letter = deadLetterOf(source, reason, detail, this.#context.nowMs);
    this.#note({ text: `dead letter: ${topic} ${partition}@${offset}: ${reason}: ${letter.detail}` });
    this.#emit("dead-letters", this.#context.partition % this.#options.shards, letter.key, deadLetters.encode(letter));
  }

  /** Whoever asks what a command would do is told at once: that it would be refused is nobody else's trouble. */
  #countAnswer(
    { commandId, campaign, action, actor, dryRun }: PacingCommand,
    { outcome, refusal }: CommandAnswer,
  ): void {
    countOne(this.#counts, `commands/${dryRun ? "previewed" : outcome}`);
    if (outcome === "refused" && !dryRun)
      this.#note({
        text: `${campaign}: ${action.kind} (command ${commandId}, by ${actor ?? "nobody named"}) is refused: ${refusal ?? ""}`,
        campaign,
      });
  }

  #note(note: CycleNote): void {
    if (this.#notes.length < NOTES_MOST) this.#notes.push(note);
  }

  close(): CycleOutput {
    for (const [campaign, open] of this.#open) if (open.book !== null) this.#settle(campaign, open, open.book);
    const state = new Map<string, Uint8Array | null>();
    for (const [key, entry] of this.#entries)
      state.set(key, entry === null ? null : treasuryStateCodec.encode({ entry }));
    return { state, records: this.#records, counts: this.#counts, notes: this.#notes };
  }

  #settle(campaign: string, open: OpenBook, changed: CampaignBook): void {
    const { nowMs } = this.#context;
    const manifest = this.#manifestInForce(changed);
    const reviewed = review(changed, manifest, nowMs);
    const { view } = reviewed;
    const book = withApplied(reviewed.book, nowMs);
    if (!open.isTrusted) checkBudget(open.before, book, view.limitMinor);
    for (const grant of grantsOf(open.before, book, view))
      this.#emit("grants", grant.shard, Buffer.from(campaign), grants.encode(grant));
    if (open.isAnswered || isNews(open.before, book, nowMs))
      this.#status(campaign, statusOf(book, view, outlookOf(book, manifest, view)));
    this.#entries.set(bookKey(campaign), book);
  }

  /** As it would be when the row were worked out now. */
  #outlook(before: CampaignBook): Outlook | null {
    const manifest = this.#manifestInForce(before);
    const { book, view } = review({ ...before, plannedAtMs: 0 }, manifest, this.#context.nowMs);
    return outlookOf(book, manifest, view);
  }

  #status(campaign: string, status: Parameters<typeof statuses.encode>[0]): void {
    this.#emit("budget-status", this.#context.partition, Buffer.from(campaign), statuses.encode(status));
  }

  #emit(topic: string, partition: number, key: Uint8Array | null, value: Uint8Array): void {
    this.#records.push({ topic, partition, key, value });
  }

  #opened(campaign: string): OpenBook {
    let open = this.#open.get(campaign);
    if (open === undefined) {
      const stored = this.#entry(bookKey(campaign), "campaign_book");
      const before = stored === null ? null : withoutFormerController(stored);
      // Before anything of the batch is taken in: what a period leaves is by the budget and the reports that it had.
      const book = before === null ? null : inPeriod(before, this.#context.nowMs);
      open = { before, book, isAnswered: false, isTrusted: false };
      this.#open.set(campaign, open);
    }
    return open;
  }

  #entry<K extends Entry["kind"]>(key: string, kind: K): Extract<Entry, { kind: K }> | null {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const bytes = this.#view.get(key);
      entry = bytes === undefined ? null : treasuryStateCodec.decode(bytes).entry;
    }
    if (entry === null) return null;
    assert(isKind(entry, kind), `${key} holds a ${entry.kind}, not a ${kind}`);
    return entry;
  }

  #manifest(campaign: string, hash: string): ReleaseManifest | null {
    const known = this.#entry(releaseKey(campaign, hash), "known_release");
    if (known === null) return null;
    return this.#options.parsed.of(hash, known.manifest);
  }

  #manifestInForce({ campaign, release }: CampaignBook): ReleaseManifest | null {
    return release === null ? null : this.#manifest(campaign.id, release);
  }

  #inUse(campaign: string): string[] {
    const book = this.#opened(campaign).book;
    return book === null ? [] : [...book.earlierReleases, ...(book.release === null ? [] : [book.release])];
  }
}

function isKind<K extends Entry["kind"]>(entry: Entry, kind: K): entry is Extract<Entry, { kind: K }> {
  return entry.kind === kind;
}

/** What another controller remembers means nothing to the one that takes its place, nor what it let through. */
function withoutFormerController(book: CampaignBook): CampaignBook {
  const campaign = withKnownController(book.campaign);
  return campaign === book.campaign ? book : { ...book, campaign, control: null, throttle: 1 };
}

/** L2, before anything is written: nothing new is out beyond the budget; what a cut left out may only fall. */
function checkBudget(before: CampaignBook | null, after: CampaignBook, limitMinor: ByAccount<Minor>): void {
  for (const account of ACCOUNTS) {
    const out = outMinor(after, account);
    const most = limitMinor[account];
    const was = before === null ? 0n : outMinor(before, account);
    assert(out <= most || out <= was, `${after.campaign.id}: ${account}: ${out} would be out of ${most} (L2)`);
  }
}

/** Beside what ops wait for, a status goes out at each review; of an ended campaign with each report. */
function isNews(before: CampaignBook | null, after: CampaignBook, nowMs: number): boolean {
  return (
    before === null ||
    before.revision !== after.revision ||
    before.answers !== after.answers ||
    before.dueMs === null ||
    before.dueMs <= nowMs
  );
}

/** Mean hold of a session's exploration draw, over all sessions. */
function explorationMean(book: CampaignBook): number {
  const { arms, explorationShare } = book.campaign;
  const sum = arms.reduce((total, arm) => total + Number(strictHoldMinor(arm)), 0);
  return (explorationShare * sum) / must(arms.length, "arms");
}
