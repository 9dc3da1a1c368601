// Statistics: how the sessions of a campaign compare with its plan, by cluster and by cluster × arm, since the release in
// force took effect. Sessions count all that reached the draw; the cells only the plan's (what was explored is on the
// exploration account). Nothing here moves money.
//
// Packed as doubles (planned shares summed) and varints (counts and amounts; amounts are statistics here, not balances).

import { assert } from "../../../domain/assert.ts";

export class PlanStatistics {
  readonly clusters: number;
  readonly arms: number;
  /** By cluster. */
  readonly sessions: Float64Array;
  /** By cluster × arm: sessions × planned share. */
  readonly planned: Float64Array;
  readonly given: Float64Array;
  readonly reservedMinor: Float64Array;
  readonly settledMinor: Float64Array;

  constructor(clusters: number, arms: number) {
    this.clusters = clusters;
    this.arms = arms;
    this.sessions = new Float64Array(clusters);
    this.planned = new Float64Array(clusters * arms);
    this.given = new Float64Array(clusters * arms);
    this.reservedMinor = new Float64Array(clusters * arms);
    this.settledMinor = new Float64Array(clusters * arms);
  }

  session(cluster: number): void {
    add(this.sessions, cluster, 1);
  }

  plannedShares(cluster: number, shares: readonly number[]): void {
    const from = cluster * this.arms;
    for (let arm = 0; arm < this.arms; arm += 1) add(this.planned, from + arm, shares[arm] ?? 0);
  }

  gave(cluster: number, arm: number, reservedMinor: bigint): void {
    add(this.given, cluster * this.arms + arm, 1);
    if (reservedMinor > 0n) add(this.reservedMinor, cluster * this.arms + arm, Number(reservedMinor));
  }

  settled(cluster: number, arm: number, amountMinor: bigint): void {
    if (amountMinor > 0n) add(this.settledMinor, cluster * this.arms + arm, Number(amountMinor));
  }

  pack(): Buffer {
    const { planned } = this;
    const counts = [this.sessions, this.given, this.reservedMinor, this.settledMinor];
    const most = planned.byteLength + counts.reduce((bytes, list) => bytes + list.length * 8, 0);
    const out = Buffer.allocUnsafe(most);
    let at = 0;
    for (const value of planned) at = out.writeDoubleLE(value, at);
    for (const list of counts) for (const value of list) at = putVarint(out, at, value);
    return Buffer.from(out.subarray(0, at));
  }

  static unpack(bytes: Uint8Array, clusters: number, arms: number): PlanStatistics {
    const statistics = new PlanStatistics(clusters, arms);
    const { planned, sessions, given, reservedMinor, settledMinor } = statistics;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const cursor = { at: planned.byteLength };
    for (let index = 0; index < planned.length; index += 1) planned[index] = buffer.readDoubleLE(index * 8);
    for (const list of [sessions, given, reservedMinor, settledMinor])
      for (let index = 0; index < list.length; index += 1) list[index] = readVarint(buffer, cursor);
    assert(cursor.at === buffer.length, `statistics of another shape than ${clusters} × ${arms}`);
    return statistics;
  }
}

function add(list: Float64Array, index: number, amount: number): void {
  assert(index >= 0 && index < list.length, `cell ${index} of ${list.length}`);
  list[index] = (list[index] ?? 0) + amount;
}

function putVarint(out: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest >= 128) {
    out[at] = (rest % 128) + 128;
    at += 1;
    rest = Math.floor(rest / 128);
  }
  out[at] = rest;
  return at + 1;
}

function readVarint(buffer: Buffer, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = buffer.readUInt8(cursor.at);
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 128) return value;
  }
}
