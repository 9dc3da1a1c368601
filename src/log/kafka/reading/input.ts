// Input
// What has been fetched of one input and not been polled yet, and how it stands with the next fetch of it.

import type { LogRecord } from "../../event-log.ts";
import { FIRST_WAIT_MS, nextWaitMs } from "../client/backoff.ts";
import { isRetriable } from "../client/errors.ts";
import { nextOf } from "./partition-reader.ts";
import type { Fetched } from "../protocol/fetch-call.ts";

export interface InputName {
  /** As the port knows it, and as the cluster does. */
  readonly name: string;
  readonly topic: string;
}

/** It cannot be fetched for now. */
export interface Trouble {
  readonly error: unknown;
  readonly sinceMs: number;
  readonly againMs: number;
  readonly waitMs: number;
}

export class Input {
  readonly of: InputName;
  readonly partition: number;
  next: number;
  /** The committed end as last seen. */
  end = 0;
  /** When the last fetch that was answered had been sent. */
  answeredMs = -Infinity;
  /** It is being fetched, or its leader asked for. */
  isAsked = false;
  trouble: Trouble | null = null;
  #records: readonly LogRecord[] = [];
  /** How many of the records have been taken. */
  #taken = 0;
  /** Behind the last record that was taken. */
  #passed = 0;

  constructor(of: InputName, partition: number, next: number) {
    this.of = of;
    this.partition = partition;
    this.next = next;
  }

  get left(): number {
    return this.#records.length - this.#taken;
  }

  take(most: number, into: LogRecord[]): void {
    const until = Math.min(this.#records.length, this.#taken + most);
    for (let i = this.#taken; i < until; i += 1) {
      const record = this.#records[i];
      if (record) into.push(record);
    }
    if (until > 0) this.#passed = (this.#records[until - 1]?.offset ?? 0) + 1;
    this.#taken = until;
    if (this.left === 0) this.#records = [];
    if (this.left === 0) this.#taken = 0;
  }

  /** What was asked for from elsewhere than where it goes on now is dropped: it has been had, or is asked for again. */
  add(fetched: Fetched, from: number): void {
    const next = nextOf(fetched);
    if (from !== this.next) return;
    this.#records = this.left === 0 ? fetched.records : this.#records.slice(this.#taken).concat(fetched.records);
    this.#taken = 0;
    this.next = next;
    this.end = fetched.end;
  }

  /** A position as tools count it: where no record is left to take, the markers of transactions behind the last are passed. */
  told(position: number): number {
    return this.left > 0 || position < this.#passed ? position : Math.max(position, this.next);
  }

  answered(sentMs: number): void {
    this.answeredMs = sentMs;
    this.trouble = null;
  }

  /** It is asked again a little later, each time after a longer while. */
  failed(error: unknown, nowMs: number): void {
    const before = this.trouble;
    const waitMs = before === null ? FIRST_WAIT_MS : nextWaitMs(before.waitMs);
    this.trouble = { error, sinceMs: before?.sinceMs ?? nowMs, againMs: nowMs + waitMs, waitMs };
  }

  /** Whether there is no more sense in waiting for it. */
  isLost(nowMs: number, retryDeadlineMs: number): boolean {
    return (
      this.trouble !== null && (!isRetriable(this.trouble.error) || nowMs - this.trouble.sinceMs > retryDeadlineMs)
    );
  }
}
