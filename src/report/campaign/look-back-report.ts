// Look-back report
// One page about a range of a real campaign's time, from its log: what was spent against the curve, why sessions got what they
// got, which offers were given and redeemed, the plan against what was given, and the lift. What the log cannot carry is
// not drawn, and is said. It is given figures and works nothing out.

import { formatMean } from "../../domain/money/money.ts";
import { REFUSED_FOR_MONEY } from "../../domain/decision/decision.ts";
import { wordsOf } from "../../domain/glossary.ts";
import { drawChart } from "../page/chart.ts";
import { whole, decimal, percent, signed, type Ranged } from "../../domain/figures.ts";
import { html, pair, picture, renderPage, table, wordsSection, type Section, type VerdictTile } from "../page/page.ts";
import { liftSpec } from "./lift-chart.ts";
import { moneySpec, type MoneyOverTime } from "./money-chart.ts";
import { shareSpecs, type PlanPicture } from "./plan-shares.ts";
import { reasonsSpec, type ReasonsOverTime } from "./reasons-chart.ts";

export interface LookBackReport {
  readonly campaign: string;
  /** Of the range, in the campaign's zone. */
  readonly range: string;
  readonly currency: string;
  /** What rewards are counted in. */
  readonly reward: string;
  /** What must not be overlooked, such as what was left out. */
  readonly notices: readonly string[];
  readonly money: MoneyOverTime;
  /** Within the range, minor units, by account. */
  readonly accounts: readonly {
    readonly name: string;
    readonly spent: number;
    readonly reserved: number;
    readonly cameBack: number;
  }[];
  readonly reasons: readonly { readonly reason: string; readonly sessions: number; readonly words: string }[];
  readonly reasonsOverTime: ReasonsOverTime;
  readonly offers: readonly OfferRow[];
  readonly plans: readonly PlanPicture[];
  readonly lift: LiftFound;
  readonly footer: string;
}

/** Offers that were given within the range, and what has become of them since. */
export interface OfferRow {
  readonly offer: string;
  readonly given: number;
  readonly redeemed: number;
  readonly ended: number;
  /** Still open at the end of the log. */
  readonly open: number;
  readonly spent: number;
}

export type LiftFound =
  /** Why there is none. */
  | { readonly kind: "none"; readonly why: string }
  | {
      readonly kind: "measured";
      readonly total: Ranged;
      readonly perUser: Ranged;
      readonly users: number;
      readonly heldOut: number;
      readonly notes: readonly string[];
    };

/** The page as one HTML file. */
export async function renderLookBack(report: LookBackReport): Promise<string> {
  return renderPage({
    title: report.campaign,
    subtitle: report.range,
    verdicts: [verdictOf(report)],
    notices: report.notices.map((text) => ({ kind: "note", text })),
    figures: figuresOf(report),
    sections: [
      await moneySection(report),
      await reasonSection(report),
      offerSection(report),
      ...(await planSections(report)),
      await liftSection(report),
      wordsSection(WORDS),
    ],
    footer: report.footer,
  });
}

const WORDS = wordsOf(
  "spent",
  "reserved",
  "curve",
  "segment",
  "offer",
  "holdout",
  "exploration",
  "refused for money",
  "lift",
);

function verdictOf({ lift, reward, accounts, currency }: LookBackReport): VerdictTile {
  const spent = `${formatMean(sumOf(accounts.map((account) => account.spent)), currency)} spent`;
  const label = "What it came to";
  if (lift.kind === "none") return { label, kind: "note", value: spent, hint: lift.why };
  const { value, low, high } = lift.total;
  return {
    label,
    kind: low > 0 ? "good" : high < 0 ? "bad" : "note",
    value: `${spent}: ${signed(value)} ${reward} (${decimal(low)} to ${decimal(high)})`,
    hint: "Against the holdout, with its 95 % interval.",
  };
}

function figuresOf({ accounts, reasons, offers, currency }: LookBackReport) {
  const sessions = sumOf(reasons.map((row) => row.sessions));
  const refused = sumOf(
    reasons.filter(({ reason }) => REFUSED_FOR_MONEY.some((each) => each === reason)).map((row) => row.sessions),
  );
  const given = sumOf(offers.map((row) => row.given));
  const redeemed = sumOf(offers.map((row) => row.redeemed));
  return [
    { label: "Sessions decided", value: whole(sessions) },
    { label: "Offers given", value: whole(given) },
    {
      label: "Redeemed so far",
      value: whole(redeemed),
      ...(given > 0 ? { hint: `${percent(redeemed / given)} of those given` } : {}),
    },
    { label: "Spent", value: formatMean(sumOf(accounts.map(({ spent }) => spent)), currency) },
    {
      label: "Refused for money",
      value: whole(refused),
      ...(sessions > 0 ? { hint: `${percent(refused / sessions)} of the sessions` } : {}),
    },
  ];
}

async function moneySection({ money, accounts, currency }: LookBackReport): Promise<Section> {
  const isWhole = money.points.some(({ pending }) => pending !== null);
  const amounts = (pick: (account: LookBackReport["accounts"][number]) => number): string[] =>
    accounts.map((account) => formatMean(pick(account), currency));
  return {
    title: "Spend against the curve",
    caption: isWhole
      ? "Spent and reserved since the campaign began. The curve and the budget are those in force now."
      : "Spent since the range began. What was spent and reserved before was not read, so there is nothing to hold against the curve.",
    body: [
      picture(await drawChart((size) => moneySpec(money, size)), "Spent and reserved money over time"),
      table(
        [{ title: "Within the range" }, ...accounts.map(({ name }) => ({ title: name, number: true }))],
        [
          ["Spent", ...amounts(({ spent }) => spent)],
          ["Newly reserved", ...amounts(({ reserved }) => reserved)],
          ["Came back unspent", ...amounts(({ cameBack }) => cameBack)],
        ],
      ),
    ],
  };
}

async function reasonSection({ reasons, reasonsOverTime }: LookBackReport): Promise<Section> {
  const sessions = Math.max(1, sumOf(reasons.map((row) => row.sessions)));
  return {
    title: "Why sessions got what they got",
    body: [
      picture(
        await drawChart((size) => reasonsSpec(reasonsOverTime, size)),
        "Decisions by what came of them, over time",
      ),
      table(
        [{ title: "Why" }, { title: "Sessions", number: true }, { title: "Share", number: true }],
        reasons.map((row) => [row.words, whole(row.sessions), percent(row.sessions / sessions)]),
      ),
    ],
  };
}

function offerSection({ offers, currency }: LookBackReport): Section {
  return {
    title: "Offers given and redeemed",
    caption: "Of the offers given within the range, what has become of them until now.",
    body: [
      offers.length === 0
        ? html`<p>No offer was given within the range.</p>`
        : table(
            [
              { title: "Offer" },
              ...["Given", "Redeemed", "Share", "Ended unused", "Open", "Spent"].map((title) => ({
                title,
                number: true,
              })),
            ],
            offers.map(({ offer, given, redeemed, ended, open, spent }) => [
              offer,
              whole(given),
              whole(redeemed),
              given === 0 ? "–" : percent(redeemed / given),
              whole(ended),
              whole(open),
              formatMean(spent, currency),
            ]),
          ),
    ],
  };
}

async function planSections({ plans }: LookBackReport): Promise<Section[]> {
  if (plans.length === 0) return [];
  const body = [];
  for (const plan of plans) {
    const [planned, given] = shareSpecs(plan);
    body.push(
      pair(
        picture(
          await drawChart(() => planned, "half"),
          `Planned under release ${plan.release}: shares of the segment's sessions`,
        ),
        picture(await drawChart(() => given, "half"), `Given under release ${plan.release}`),
      ),
    );
  }
  return [
    {
      title: "Offers by segment",
      caption:
        "Each line is a segment, those on whom least is spent on top; each column an offer. First what the plan in force " +
        "gave as shares, then what the sessions got: differences are money that was refused, and chance.",
      body,
    },
  ];
}

async function liftSection({ lift, reward }: LookBackReport): Promise<Section> {
  const title = "What it brought";
  if (lift.kind === "none") return { title, body: [html`<p>${lift.why}</p>`] };
  const { total, perUser, users, heldOut, notes } = lift;
  const ranged = ({ value, low, high }: Ranged, factor: number): string =>
    `${signed(factor * value)} (${decimal(factor * low)} to ${decimal(factor * high)})`;
  return {
    title,
    caption: "Against users who were held out by chance and never got anything; with 95 % intervals.",
    body: [
      picture(
        await drawChart(() => liftSpec({ title: `extra ${reward} of the range`, lift: total, known: null })),
        `Extra ${reward} with its interval`,
      ),
      table(
        [{ title: "" }, { title: "", number: true }],
        [
          [`Extra ${reward} of the range`, ranged(total, 1)],
          [`Extra ${reward} of a thousand users`, ranged(perUser, THOUSAND)],
          ["Users not held out, and held out", `${whole(users)}, ${whole(heldOut)}`],
        ],
      ),
      ...notes.map((text) => html`<p>${text}</p>`),
    ],
  };
}

const THOUSAND = 1_000;

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, each) => sum + each, 0);
}
