// Hostile values: valid records that say what nobody should believe.

import { canonicalJson, sha256Hex } from "../../src/domain/canonical.ts";
import type { Grant, PacingAction, ShardReport } from "../../src/domain/campaign/control.ts";
import { releaseHash, type ReleaseManifest } from "../../src/domain/release/release.ts";
import { codecFor, Unencodable, type TopicValues } from "../../src/log/codec/codec.ts";
import { SAMPLES } from "../../fixtures/samples.ts";
import { releaseRecord, tinyRelease } from "../serve/tiny-release.ts";
import { IDS, INPUTS, LONGS, MOST, NUMBERS, type Draw, type Hostile, type Target } from "./draw.ts";
import { hostileCampaign } from "./hostile-campaign.ts";

type Topic = keyof TopicValues;
export class HostileValues {
  readonly #draw: Draw;
  #count = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  draw(target: Target): Hostile {
    this.#count += 1;
    switch (this.#draw.one(INPUTS)) {
      case "sessions":
        return this.session(target);
      case "outcomes":
        return this.#outcome(target);
      case "profiles":
        return this.#profile(target);
      case "erasures":
        return this.#erasure(target);
      case "grants":
        return this.#grant(target);
      case "budget-pacing":
        return this.#command(target);
      case "releases":
        return this.#release(target);
      default:
        return this.#report(target);
    }
  }

  #encoded<N extends Topic>(kind: string, topic: N, value: TopicValues[N], key: string): Hostile {
    try {
      return this.#draw.of(kind, topic, codecFor(topic).encode(value), Buffer.from(key));
    } catch (error) {
      if (!(error instanceof Unencodable)) throw error;
      return this.#draw.of(kind, topic, this.#draw.noise(30), Buffer.from(key));
    }
  }

  #atMs({ nowMs }: Target): number {
    return this.#draw.one([
      nowMs,
      nowMs,
      nowMs - 1,
      nowMs + 299_000,
      nowMs + 301_000,
      0,
      -1,
      MOST,
      -MOST,
      nowMs * 1_000,
    ]);
  }

  #attributes(): Record<string, number | string | boolean | null> {
    const names = ["visits", "vip", ...IDS];
    const attributes: Record<string, number | string | boolean | null> = {};
    for (let left = this.#draw.random.below(6); left > 0; left -= 1) {
      const value = this.#draw.one([...NUMBERS, "7", "n/a", "", "\0", "x".repeat(5_000), true, null]);
      Object.defineProperty(attributes, this.#draw.one(names), { value, enumerable: true, configurable: true });
    }
    return attributes;
  }

  /** Of the kind `sessions`. */
  session(target: Target): Hostile {
    const userId = this.#draw.one(["u1", "u2", this.#draw.id()]);
    const value = {
      sessionId: this.#draw.one([`s${this.#draw.random.below(50)}`, `n${this.#count}`, this.#draw.id()]),
      userId,
      atMs: this.#atMs(target),
      surface: this.#draw.one([null, "home", this.#draw.id()]),
      campaign: this.#draw.one([null, target.campaign.id, this.#draw.id()]),
      attributes: this.#attributes(),
    };
    return this.#encoded("sessions", "sessions", value, this.#draw.one([userId, userId, "u9"]));
  }

  #outcome(target: Target): Hostile {
    const userId = this.#draw.one(["u1", "u2", this.#draw.id()]);
    const names = ["converted", ...IDS];
    const rewards: Record<string, number> = {};
    for (let left = this.#draw.random.below(5); left > 0; left -= 1)
      Object.defineProperty(rewards, this.#draw.one(names), {
        value: this.#draw.one(NUMBERS),
        enumerable: true,
        configurable: true,
      });
    const value = {
      outcomeId: this.#draw.one([`o${this.#draw.random.below(20)}`, this.#draw.id()]),
      decisionId: this.#draw.one([`d-s${this.#draw.random.below(50)}`, this.#draw.id()]),
      userId,
      atMs: this.#atMs(target),
      kind: this.#draw.one(["redeemed", "converted", "declined", "refunded"] as const),
      amountMinor: this.#draw.one([null, ...LONGS.map(BigInt)]),
      rewards,
    };
    return this.#encoded("outcomes", "outcomes", value, userId);
  }

  #profile(target: Target): Hostile {
    const userId = this.#draw.one(["u1", "u2", this.#draw.id()]);
    const value = { userId, atMs: this.#atMs(target), attributes: this.#attributes() };
    return this.#encoded("profiles", "profiles", value, userId);
  }

  /** Who and why, where somebody says it. */
  #words(): { actor: string | null; reason: string | null } {
    const word = () => this.#draw.one([null, "ana", "two\nlines", "\u202e", " ", "x".repeat(1_025), this.#draw.id()]);
    return { actor: word(), reason: word() };
  }

  #erasure(target: Target): Hostile {
    const userId = this.#draw.one(["u1", "u2", this.#draw.id()]);
    const value = { userId, atMs: this.#atMs(target), ...this.#words() };
    return this.#encoded("erasures", "erasures", value, this.#draw.one([userId, userId, "u9"]));
  }

  #grant(target: Target): Hostile {
    const campaign = hostileCampaign(this.#draw, target);
    const money = () => ({ plan: BigInt(this.#draw.one(LONGS)), exploration: BigInt(this.#draw.one([0, ...LONGS])) });
    const grant: Grant = {
      ...SAMPLES.grants,
      campaign,
      shard: this.#draw.one([0, 0, 1, -1, 2 ** 31 - 1]),
      state: this.#draw.one(["live", "paused", "ended"] as const),
      revision: this.#draw.one([1, 2, ...LONGS]),
      release: this.#draw.one([null, target.release, this.#draw.id()]),
      planRow: this.#draw.one([1, ...NUMBERS]),
      shadowPrice: this.#draw.one([0.1, ...NUMBERS]),
      throttle: this.#draw.one([1, ...NUMBERS]),
      grantedMinor: this.#draw.one([{ plan: 96_576n, exploration: 0n }, money()]),
      returnTargetMinor: this.#draw.one([{ plan: 0n, exploration: 0n }, money()]),
    };
    return this.#encoded("grants", "grants", grant, this.#draw.one([campaign.id, campaign.id, "other"]));
  }

  #command(target: Target): Hostile {
    const campaign = hostileCampaign(this.#draw, target);
    const actions: PacingAction[] = [
      { kind: "create", campaign },
      {
        kind: "set_budget",
        budgetMinor: BigInt(this.#draw.one(LONGS)),
        currency: this.#draw.one(["EUR", this.#draw.id()]),
        periodBudgetMinor: this.#draw.one([null, 1n]),
      },
      { kind: "pause" },
      { kind: "resume" },
      { kind: "clear_alarm" },
      { kind: "promote_release", release: this.#draw.one([target.release, this.#draw.id()]) },
      { kind: "rollback_release" },
      { kind: "pin_release", release: this.#draw.one([null, this.#draw.id()]) },
      { kind: "set_curve", mode: "points", points: [{ atMs: this.#draw.one(LONGS), share: this.#draw.one(NUMBERS) }] },
      { kind: "set_exploration", share: this.#draw.one(NUMBERS), budgetMinor: BigInt(this.#draw.one(LONGS)) },
      { kind: "set_caps", caps: [{ max: this.#draw.one(LONGS), windowMs: this.#draw.one(LONGS) }] },
    ];
    const command = {
      ...SAMPLES["budget-pacing"],
      commandId: this.#draw.one([`c${this.#count}`, "again", this.#draw.id()]),
      campaign: this.#draw.one([campaign.id, target.campaign.id, `unknown${this.#count}`]),
      atMs: this.#atMs(target),
      expectedRevision: this.#draw.one([null, null, ...LONGS]),
      dryRun: this.#draw.random.below(5) === 0,
      ...this.#words(),
      action: this.#draw.one(actions),
    };
    return this.#encoded("commands", "budget-pacing", command, command.campaign);
  }

  #release(target: Target): Hostile {
    const { manifest, classifier } = tinyRelease(`r${this.#draw.random.below(40)}`);
    const number = this.#draw.one(NUMBERS);
    const changes: Partial<ReleaseManifest>[] = [
      {},
      { summary: { essay: "x".repeat(this.#draw.one([10, 2_100_000, 4_900_000])) } },
      { clusters: this.#draw.one([0, 1, 2, 100_000]) },
      {
        frontier: {
          ...manifest.frontier,
          rows: manifest.frontier.rows.map((row) => ({ ...row, shadowPrice: 1e300, expectedReward: -1e300 })),
        },
      },
      { values: { ...manifest.values, mix: [0, 0] } },
      {
        values: {
          ...manifest.values,
          cost: manifest.values.cost.map((row) => row.map(() => (Number.isFinite(number) ? number : 3))),
        },
      },
      { arms: ["none", this.#draw.id(), "large"] },
      {
        features: {
          features: [
            {
              name: this.#draw.id(),
              kind: "categorical",
              categories: Array.from({ length: 6_000 }, (_, n) => `${n}`),
              default: "",
            },
          ],
        },
      },
    ];
    const onnx = this.#draw.one([
      classifier,
      Buffer.from(classifier).fill(7, 40, 60),
      this.#draw.noise(500),
      new Uint8Array(0),
    ]);
    const made = { ...manifest, classifier: sha256Hex(onnx), ...this.#draw.one(changes) };
    const hash = releaseHash(made);
    const record = {
      ...releaseRecord(this.#draw.one([target.campaign.id, this.#draw.id()]), {
        hash,
        manifest: made,
        classifier: onnx,
      }),
      hash: this.#draw.one([hash, hash, "0".repeat(64), this.#draw.id()]),
      manifest: this.#draw.one([canonicalJson(made), canonicalJson(made), "{", "null", "[".repeat(20_000)]),
      publishedAtMs: this.#atMs(target),
    };
    return this.#encoded(
      "releases",
      "releases",
      record,
      this.#draw.one([`${record.campaign}/${record.hash}`, "spring"]),
    );
  }

  #report(target: Target): Hostile {
    const totals = () => {
      const one = () => BigInt(this.#draw.one([0, 5, 100, ...LONGS]));
      return { granted: one(), returned: one(), reserved: one(), settled: one(), released: one(), sent: one() };
    };
    const list = () => this.#draw.one([[], [1], [-1, 2], new Array<number>(90_000).fill(1)]);
    const report: ShardReport = {
      ...SAMPLES["shard-reports"],
      campaign: this.#draw.one([target.campaign.id, `nowhere${this.#draw.random.below(1_000)}`, this.#draw.id()]),
      shard: this.#draw.one([0, 1, 77, -1]),
      cycle: this.#draw.one([1, 1_000_000, MOST, -1]),
      atMs: this.#atMs(target),
      revision: this.#draw.one([0, 1, 2, MOST]),
      release: this.#draw.one([null, target.release, this.#draw.id()]),
      totals: { plan: totals(), exploration: totals() },
      eligibleSessions: this.#draw.one(LONGS),
      holdoutSessions: this.#draw.one(LONGS),
      refusedMinor: BigInt(this.#draw.one(LONGS)),
      sessionsByCluster: list(),
      cells: { planned: list(), given: list(), reservedMinor: list(), settledMinor: list() },
    };
    return this.#encoded("reports", "shard-reports", report, report.campaign);
  }
}
