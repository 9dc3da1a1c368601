// Statistics: how the sessions of a campaign compare with its plan, by cluster and by cluster × arm, since the release in
// force took effect. Sessions count all that reached the draw; the cells only the plan's (what was explored is on the
// exploration account). Nothing here moves money.
//
//   packed     planned shares, summed, as doubles; then counts and amounts as varints

import { assert, itemAt } from "../../../domain/assert.ts";
import { VarintReader, writeVarint } from "../../../log/varint.ts";
import { asBuffer, DOUBLE_BYTES } from "../user/packed.ts";

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
    for (let arm = 0; arm < this.arms; arm += 1) add(this.planned, from + arm, itemAt(shares, arm));
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
    const most = planned.byteLength + counts.reduce((bytes, list) => bytes + list.length * DOUBLE_BYTES, 0);
    const out = Buffer.allocUnsafe(most);
    let at = 0;
    for (const value of planned) at = out.writeDoubleLE(value, at);
    for (const list of counts) for (const value of list) at = writeVarint(out, value, at);
    return Buffer.from(out.subarray(0, at));
  }

  static unpack(bytes: Uint8Array, clusters: number, arms: number): PlanStatistics {
    const statistics = new PlanStatistics(clusters, arms);
    const { planned, sessions, given, reservedMinor, settledMinor } = statistics;
    const buffer = asBuffer(bytes);
    for (let index = 0; index < planned.length; index += 1) planned[index] = buffer.readDoubleLE(index * DOUBLE_BYTES);
    const reader = new VarintReader(buffer, planned.byteLength);
    for (const list of [sessions, given, reservedMinor, settledMinor])
      for (let index = 0; index < list.length; index += 1) list[index] = reader.unsigned();
    assert(reader.at === buffer.length, `statistics of another shape than ${clusters} × ${arms}`);
    return statistics;
  }
}

function add(list: Float64Array, index: number, amount: number): void {
  list[index] = itemAt(list, index) + amount;
}
