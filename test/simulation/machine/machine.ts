// Machine: a node that runs the allocator: a disk, a clock of its own that may be wrong, and at most one process at a
// time. It puts the live parts together as src/workflows/run/allocator.ts does, on the slow simulated log and with stores in memory.
// A process that ends by anything but a crash that was meant is a finding.

import { codecFor, schemaCodec } from "../../../src/log/codec/codec.ts";
import type { SimulatedCluster, SimulatedLog } from "../../../src/log/simulated/cluster.ts";
import { Crashed } from "../../../src/log/simulated/faults.ts";
import { serveKind, treasuryKind } from "../../../src/log/topics.ts";
import type { Placement } from "../../../src/log/partitioner.ts";
import { createReleaseCache } from "../../../src/serve/classify/release-cache.ts";
import { createServeProcessor, type ServeFacts } from "../../../src/serve/processor.ts";
import type { ControlRecord } from "../../../src/task/cycle/control-record.ts";
import type { OpenStore } from "../../../src/task/store/local-store.ts";
import { unobserved, type RestoreReport, type TaskObserver } from "../../../src/task/observer.ts";
import type { Processor } from "../../../src/task/processor.ts";
import { joinRunner, type Clock, type Runner } from "../../../src/task/runner.ts";
import { createTreasuryProcessor, type TreasuryFacts } from "../../../src/treasury/processor.ts";
import type { Disk } from "./disk.ts";
import { loadThresholds } from "../release.ts";
import { secretOf } from "../setting.ts";
import { slowLog, type Slowness, type WrapClaim } from "./slow-log.ts";
import type { Tally } from "../tally.ts";

export const APPLICATION = "simulation";

/** Where a law can be switched off: between the parts, never in them (laws-off/). */
export interface Seams {
  readonly serve?: (processor: Processor<ServeFacts>, place: SeamPlace) => Processor<ServeFacts>;
  readonly treasury?: (processor: Processor<TreasuryFacts>, place: SeamPlace) => Processor<TreasuryFacts>;
  readonly claim?: WrapClaim;
}

export interface SeamPlace {
  readonly partition: number;
  /** The machine's own clock. */
  readonly nowMs: () => number;
  /** Of its inputs of others. */
  readonly placement: Placement;
}

export interface MachineOptions {
  readonly name: string;
  readonly cluster: SimulatedCluster;
  readonly disk: Disk;
  readonly placement: { readonly users: Placement; readonly control: Placement };
  readonly batchRecords: number;
  readonly drainMs: number;
  /** How often it brings its copies up to date; null: it has none. */
  readonly standbyMs: number | null;
  readonly tally: Tally;
  /** The true time; the machine's clock is `skewMs` off. */
  readonly clock: Clock;
  readonly slowness: (process: string) => Slowness;
  readonly seams: Seams;
  readonly failed: (error: unknown) => void;
}

/** down: no process. up: one that runs. zombie: one that the others take for dead. leaving: one that drains. */
export type MachineState = "down" | "up" | "zombie" | "leaving";

interface Process {
  readonly log: SimulatedLog;
  readonly runners: Runner<unknown>[];
}

export class Machine {
  readonly name: string;
  skewMs = 0;
  #state: MachineState = "down";
  #process: Process | null = null;
  #starts = 0;
  #lineages = 0;
  readonly #options: MachineOptions;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get state(): MachineState {
    if (this.#process?.log.crashed === true) this.#end();
    return this.#state;
  }

  /** Joins in the background: others have to let go first. */
  start(): void {
    const log = this.#options.cluster.connect(`${this.name}.${(this.#starts += 1)}`);
    const process: Process = { log, runners: [] };
    this.#process = process;
    this.#state = "up";
    void this.#run(process).catch((error: unknown) => this.#failed(process, error));
  }

  /** SIGKILL. */
  kill(): void {
    this.#process?.log.crash();
    this.#end();
  }

  /** SIGSTOP for long: the others go on without it, and it does not know. */
  freeze(): void {
    this.#process?.log.expire();
    this.#state = "zombie";
  }

  /** SIGTERM: drains and gives back. */
  leave(): void {
    const process = this.#process;
    if (process === null) return;
    this.#state = "leaving";
    void Promise.all(process.runners.map((runner) => runner.stop())).then(
      () => {
        // It has ended: what it still had begun (joining, say) comes to nothing.
        process.log.crash();
        if (this.#process === process) this.#end();
      },
      (error: unknown) => this.#failed(process, error),
    );
  }

  #end(): void {
    this.#process = null;
    this.#state = "down";
  }

  #failed(process: Process, error: unknown): void {
    if (!(error instanceof Crashed)) this.#options.failed(error);
    process.log.crash();
  }

  async #run(process: Process): Promise<void> {
    const { placement, seams, disk, batchRecords, drainMs, standbyMs, clock } = this.#options;
    const slowness = this.#options.slowness(process.log.process);
    const log = slowLog(process.log, seams.claim === undefined ? slowness : { ...slowness, wrapClaim: seams.claim });
    const nowMs = (): number => clock.nowMs() + this.skewMs;
    const releaseCache = createReleaseCache({ log, codec: codecFor("releases"), load: loadThresholds });
    const joined = {
      log,
      codec: schemaCodec<ControlRecord>("control-record"),
      clock: { nowMs, sleep: (ms: number) => clock.sleep(ms) },
      newLineage: () => `${process.log.process}/${(this.#lineages += 1)}`,
      maxRecords: batchRecords,
      idleMs: 0,
      drainMs,
      ...(standbyMs === null ? {} : { standbyMs }),
      observer: this.#observer(),
    };
    const start = async <Facts>(
      kind: ReturnType<typeof serveKind>,
      processor: (partition: number) => Processor<Facts>,
    ): Promise<void> => {
      const runner = await joinRunner<Facts>({
        ...joined,
        kind,
        processor,
        openStore: alive(process, disk.storesOf(kind.kind)),
      });
      process.runners.push(runner);
      void runner.run().catch((error: unknown) => this.#failed(process, error));
    };
    await start<TreasuryFacts>(treasuryKind(APPLICATION), (partition) => {
      const processor = createTreasuryProcessor({
        shards: placement.users.partitions,
        placement: placement.control,
        newSecret: secretOf,
      });
      return seams.treasury?.(processor, { partition, nowMs, placement: placement.control }) ?? processor;
    });
    await start<ServeFacts>(serveKind(APPLICATION), (partition) => {
      const processor = createServeProcessor({ releaseCache, placement: placement.users, features: null });
      return seams.serve?.(processor, { partition, nowMs, placement: placement.users }) ?? processor;
    });
  }

  /** Counts the copies, and the tasks that began from one. */
  #observer(): TaskObserver {
    const { tally } = this.#options;
    const copied = new Set<string>();
    const restore = ({ kind, partition, by, records, over }: RestoreReport): void => {
      const name = `${kind} ${partition}`;
      if (!over) return;
      if (by === "standby" && records > 0) {
        tally.count("copy_made");
        copied.add(name);
      } else if (by === "task" && copied.delete(name)) tally.count("copy_taken_over");
    };
    return { ...unobserved, restore };
  }
}

/** A copy that goes on behind a crash must not touch what the next process finds. */
function alive(process: Process, open: OpenStore): OpenStore {
  return (partition, index) => {
    if (process.log.crashed) throw new Crashed(`${process.log.process} has crashed`);
    return open(partition, index);
  };
}
