// Producer
// Sends sessions, outcomes and profiles as any shop's services would: encoded, keyed by user, through the log's port.

import type { Outcome, Profile, Session } from "../../domain/session/session.ts";
import { codecFor } from "../../log/codec/codec.ts";
import type { EventLog, OutRecord } from "../../log/event-log.ts";

const sessions = codecFor("sessions");
const outcomes = codecFor("outcomes");
const profiles = codecFor("profiles");

export class Producer {
  readonly #log: EventLog;
  #records: OutRecord[] = [];

  constructor(log: EventLog) {
    this.#log = log;
  }

  session(session: Session): void {
    this.#add("sessions", session.userId, sessions.encode(session));
  }

  outcome(outcome: Outcome): void {
    this.#add("outcomes", outcome.userId, outcomes.encode(outcome));
  }

  profile(profile: Profile): void {
    this.#add("profiles", profile.userId, profiles.encode(profile));
  }

  /** Sends what was gathered, in one call; answers how many records. */
  async flush(): Promise<number> {
    const records = this.#records;
    this.#records = [];
    if (records.length > 0) await this.#log.send(records);
    return records.length;
  }

  #add(topic: string, userId: string, value: Uint8Array): void {
    this.#records.push({ topic, key: Buffer.from(userId), value });
  }
}
