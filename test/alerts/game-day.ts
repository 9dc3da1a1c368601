// A game day: things are made to go wrong on a real allocator, under a real Prometheus with the rules of deploy/, and what the
// operator sees is written down: the first line, the alert, and how long until each, and until it has ended again.

import { setTimeout as sleep } from "node:timers/promises";
import { NEEDS_HEADER } from "../../src/log/formats.ts";
import { Program } from "../cli/programs/program-process.ts";
import { openShell, type Background, type Shell } from "../cli/shell.ts";
import { sessionLine, writeCampaign, writeRelease } from "../cli/small-campaign.ts";
import { startFeatures, type FakeService } from "./fake-service.ts";
import { forgeGrant, put } from "./forged.ts";
import { freePort, startPrometheus, type Prometheus } from "./prometheus.ts";
import { TOLD_BY_HAND, watchByHand } from "./watched-by-hand.ts";

export interface Seen {
  readonly incident: string;
  /** What /readyz, or the log, says first. */
  readonly says: string;
  readonly alert: string;
  /** Seconds from the incident until the alert fires, and from the repair until it has ended. */
  readonly firesAfterS: number;
  readonly endsAfterS: number;
}

const PATIENCE_MS = 60_000;
const YEARS_MS = 10 * 365 * 86_400_000;

/** `say` is told of each as it is over. */
export async function playGameDay(say: (seen: Seen) => void): Promise<readonly Seen[]> {
  const day = await GameDay.begin(say);
  try {
    await day.atOnce();
    await day.byHand();
    await day.nobodyComes();
    await day.clockStands();
    await day.clockJumps();
    await day.killed();
    await day.newerVersion();
    return day.seen;
  } finally {
    await day.end();
  }
}

interface Incident {
  readonly incident: string;
  readonly alert: string;
  readonly says: RegExp;
}

interface Parts {
  readonly say: (seen: Seen) => void;
  readonly shell: Shell;
  readonly prometheus: Prometheus;
  readonly hand: Awaited<ReturnType<typeof watchByHand>>;
  readonly address: string;
  readonly features: FakeService;
  readonly clock: { behindMs: number };
}

class GameDay {
  readonly seen: Seen[] = [];
  readonly #of: Parts;
  #run: Background;

  private constructor(parts: Parts) {
    this.#of = parts;
    this.#run = this.#start();
  }

  static async begin(say: (seen: Seen) => void): Promise<GameDay> {
    const features = await startFeatures();
    const hand = await watchByHand();
    const address = `127.0.0.1:${await freePort()}`;
    const clock = { behindMs: 0 };
    const shell = openShell(
      { STIPEND_HTTP: address, STIPEND_FEATURE_URL: features.url, STIPEND_FEATURE_DEADLINE_MS: "5000" },
      () => Date.now() - clock.behindMs,
    );
    const prometheus = await startPrometheus([address, ...hand.targets]);
    const day = new GameDay({ say, shell, prometheus, hand, address, features, clock });
    await day.#ready(/^ready/);
    const { folder, release } = writeRelease(shell.folder, "first");
    await shell.ok(`campaign create ${writeCampaign(shell.folder)}`);
    await shell.ok(`releases publish ${folder} --campaign spring`);
    await shell.ok(`releases promote ${release.hash} --campaign spring --wait`);
    while (!(await prometheus.scrapes(2))) await sleep(200);
    return day;
  }

  async end(): Promise<void> {
    await this.#run.stop();
    await this.#of.prometheus.stop();
    await this.#of.hand.close();
    this.#of.features.close();
    this.#of.shell.close();
  }

  /** What can be wrong beside one another. */
  async atOnce(): Promise<void> {
    const incidents: Incident[] = [
      {
        incident: "a producer sends what is no session",
        alert: "StipendDeadLetters",
        says: /warning: \d+ dead letters.*/,
      },
      {
        incident: "a pause with a misspelt campaign",
        alert: "StipendCommandsRefused",
        says: /warning: \d+ commands refused.*/,
      },
      {
        incident: "the feature service fails",
        alert: "StipendFeatureService",
        says: /warning: .*(not asked|lacked features).*/,
      },
      { incident: "somebody writes into budget-status", alert: "StipendUndecodable", says: /.*/ },
      { incident: "somebody forges a grant", alert: "StipendMoneyAlarm", says: /ALARM.*/ },
      { incident: "somebody forges a grant: the treasurer's count", alert: "StipendAlarms", says: /ALARM.*/ },
    ];
    await this.#watch(
      incidents,
      async () => {
        this.#of.features.fails = true;
        await put(this.#of.shell.folder, {
          topic: "sessions",
          key: Buffer.from("u"),
          value: Buffer.from("no session"),
        });
        await put(this.#of.shell.folder, {
          topic: "budget-status",
          key: Buffer.from("x"),
          value: Buffer.from("no status"),
        });
        await this.#of.shell.run("pacing pause --campaign sprnig");
        await forgeGrant(this.#of.shell.folder);
        for (let number = 0; number < 12; number += 1) {
          await this.#of.shell.ok("send sessions", sessionLine(number));
          await sleep(300);
        }
      },
      async () => {
        this.#of.features.fails = false;
        await this.#of.shell.run("pacing clear-alarm --campaign spring");
        for (let number = 100; (await this.#text()).includes("not asked for now"); number += 1) {
          await this.#of.shell.ok("send sessions", sessionLine(number));
          await sleep(300);
        }
        for (let number = 200; number < 260; number += 1) await this.#of.shell.ok("send sessions", sessionLine(number));
      },
    );
  }

  async byHand(): Promise<void> {
    const incidents = TOLD_BY_HAND.map((alert) => ({ incident: "told by hand", alert, says: /./ }));
    await this.#watch(
      incidents,
      () => this.#of.hand.wrong(),
      () => this.#of.hand.well(),
    );
    await this.#watch(
      [{ incident: "told by hand", alert: "StipendScrapeFailures", says: /./ }],
      () => this.#of.hand.well(),
      () => Promise.resolve(),
    );
  }

  /** Its campaign is live all the time. */
  async nobodyComes(): Promise<void> {
    let comes = true;
    await this.#watch(
      [{ incident: "nobody sends sessions", alert: "StipendNoDecisions", says: /^ready/ }],
      () => Promise.resolve(),
      async () => {
        for (let number = 300; comes && number < 400; number += 1) {
          await this.#of.shell.ok("send sessions", sessionLine(number));
          comes = (await this.#of.prometheus.firing()).has("StipendNoDecisions");
          await sleep(300);
        }
      },
    );
  }

  async clockStands(): Promise<void> {
    await this.#watch(
      [{ incident: "the clock is set back", alert: "StipendTimeStands", says: /.*time stands.*/ }],
      async () => void (this.#of.clock.behindMs = 120_000),
      async () => void (this.#of.clock.behindMs = 0),
    );
  }

  async clockJumps(): Promise<void> {
    const since = performance.now();
    this.#of.clock.behindMs = -YEARS_MS;
    const says = await this.#log(/this machine's clock says [^"]*/);
    const firesAfterS = await this.#until("StipendDown", true, since);
    await this.#run.stop();
    const repaired = performance.now();
    this.#of.clock.behindMs = 0;
    this.#run = this.#start();
    await this.#ready(/^ready/);
    const down = { incident: "the clock jumps ten years ahead", says, alert: "StipendDown", firesAfterS };
    this.#over({ ...down, endsAfterS: await this.#until("StipendDown", false, repaired) });
  }

  async killed(): Promise<void> {
    await this.#run.stop();
    const process = new Program(this.#of.shell, "run --json --without-retraining");
    await process.said('"treasury":[0]');
    await process.kill();
    this.#run = this.#start();
    const since = performance.now();
    const says = await this.#log(/the run before this one ended badly[^"]*/);
    const firesAfterS = await this.#until("StipendFatal", true, since);
    await this.#run.stop();
    const repaired = performance.now();
    this.#run = this.#start();
    const seen = { incident: "an allocator is killed (kill -9)", says, alert: "StipendFatal", firesAfterS };
    this.#over({ ...seen, endsAfterS: await this.#until("StipendFatal", false, repaired) });
  }

  /** The repair is an upgrade; in its place the record is passed over by hand. */
  async newerVersion(): Promise<void> {
    const since = performance.now();
    const headers = { [NEEDS_HEADER]: Buffer.from("2 9.9.0") };
    const steered = { topic: "budget-pacing", partition: 0, key: Buffer.from("spring"), value: Buffer.from("?") };
    await put(this.#of.shell.folder, { ...steered, headers });
    const says = await this.#ready(/treasury 0 is held: .* needs Stipend format 2.*/);
    const firesAfterS = await this.#until("StipendUpgradeNeeded", true, since);
    await this.#run.stop();
    const repaired = performance.now();
    const [, at] = /offset (\d+) needs/.exec(says) ?? [];
    await this.#of.shell.ok(`dead-letters skip --topic budget-pacing --at 0@${at}`);
    this.#run = this.#start();
    const seen = { incident: "a tool of a newer version steers", says, alert: "StipendUpgradeNeeded", firesAfterS };
    this.#over({ ...seen, endsAfterS: await this.#until("StipendUpgradeNeeded", false, repaired) });
  }

  async #watch(incidents: readonly Incident[], make: () => Promise<void>, repair: () => Promise<void>): Promise<void> {
    const since = performance.now();
    const making = make();
    const fired = await Promise.all(
      incidents.map(async (each) => ({
        ...each,
        says: each.incident === "told by hand" ? "" : await this.#ready(each.says),
        firesAfterS: await this.#until(each.alert, true, since),
      })),
    );
    await making;
    const repaired = performance.now();
    const repairing = repair();
    for (const each of fired) this.#over({ ...each, endsAfterS: await this.#until(each.alert, false, repaired) });
    await repairing;
  }

  #over({ incident, says, alert, firesAfterS, endsAfterS }: Seen): void {
    const seen = { incident, says, alert, firesAfterS, endsAfterS };
    this.seen.push(seen);
    this.#of.say(seen);
  }

  async #until(alert: string, fires: boolean, since: number): Promise<number> {
    for (const begun = performance.now(); performance.now() - begun < PATIENCE_MS; await sleep(250))
      if ((await this.#of.prometheus.firing()).has(alert) === fires)
        return Math.round((performance.now() - since) / 100) / 10;
    throw new Error(
      `${alert} does not ${fires ? "fire" : "end"}:\n${await this.#text()}${this.#run.err.slice(-1_000)}`,
    );
  }

  async #text(): Promise<string> {
    return await fetch(`http://${this.#of.address}/readyz`)
      .then((response) => response.text())
      .catch(() => "");
  }

  /** The line of /readyz. */
  async #ready(says: RegExp): Promise<string> {
    return await this.#found(says, () => this.#text());
  }

  /** The message of the log. */
  async #log(says: RegExp): Promise<string> {
    return await this.#found(says, () => Promise.resolve(this.#run.err));
  }

  async #found(says: RegExp, text: () => Promise<string>): Promise<string> {
    for (const begun = performance.now(); performance.now() - begun < PATIENCE_MS; await sleep(50)) {
      const [found] = says.exec(await text()) ?? [];
      if (found !== undefined) return found;
    }
    throw new Error(`nothing says ${String(says)}:\n${await text()}${this.#run.err.slice(-1_000)}`);
  }

  #start(): Background {
    return this.#of.shell.start("run --json --without-retraining");
  }
}
