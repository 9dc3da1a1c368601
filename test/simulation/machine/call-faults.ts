// Call faults: what becomes of a call to the log: a crash before or after it, an unknown outcome, a log that is away.

import type { Random } from "../../../src/domain/random.ts";
import type { SimulatedFault, FaultPoint } from "../../../src/log/simulated/faults.ts";
import type { Setting } from "../setting.ts";
import type { FaultKind, Tally } from "../tally.ts";

export class CallFaults {
  readonly #rates: Setting["rates"];
  readonly #random: Random;
  readonly #tally: Tally;

  constructor(rates: Setting["rates"], random: Random, tally: Tally) {
    this.#rates = rates;
    this.#random = random;
    this.#tally = tally;
  }

  at({ step, process, task }: FaultPoint): SimulatedFault {
    const rates = this.#rates;
    if (task === null) return process === "producer" ? this.#sendFault() : "none";
    const draw = this.#random.unit();
    if (draw < rates.crash) return this.#crash(step, task);
    if (step === "commit" && draw < rates.crash + rates.unknown) {
      const done = this.#random.unit() < 0.5;
      this.#tally.count(done ? "commit_unknown_done" : "commit_unknown_lost");
      return done ? "unknown_after" : "unknown_before";
    }
    if (draw < rates.crash + rates.unknown || draw >= rates.crash + rates.unknown + rates.unavailable) return "none";
    this.#tally.count("log_unavailable");
    return "unavailable";
  }

  #crash(step: FaultPoint["step"], task: string): SimulatedFault {
    const before = this.#random.unit() < 0.5;
    const kinds: Partial<Record<FaultPoint["step"], FaultKind>> = {
      claim: "crash_at_claim",
      restore: "crash_at_restore",
      seek: "crash_at_seek",
      poll: "crash_at_poll",
      commit: before ? "crash_before_commit" : "crash_after_commit",
    };
    const kind = kinds[step];
    if (kind !== undefined) this.#tally.count(kind);
    if (task.startsWith("treasury")) this.#tally.count("treasurer_crash");
    return before ? "crash_before" : "crash_after";
  }

  /** A producer that got no answer sends again, whether the first got there or not. */
  #sendFault(): SimulatedFault {
    if (this.#random.unit() >= this.#rates.unknown) return "none";
    this.#tally.count("send_repeated");
    return this.#random.unit() < 0.5 ? "unknown_before" : "unknown_after";
  }
}
