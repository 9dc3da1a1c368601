// A randomised table for the release made by hand (test/serve/tiny-release.ts): its features, its arms, and what each arm
// does for each of its two clusters, known exactly. Half of the rows are of each cluster.

import { seededRandom } from "../../src/domain/random.ts";

export const ARMS = ["none", "small", "large"] as const;
export const FACES = [0, 100, 500] as const;
export const SENDS = [0, 0, 3] as const;
export const WEIGHT = 10;
/** `[cluster][arm]`: chance of an order; an order redeems. */
export const ORDERS = [
  [0.1, 0.3, 0.3],
  [0.1, 0.1, 0.5],
] as const;
export const SHARES = [0.5, 0.3, 0.2] as const;

export const OFFER_MAPPING = `
currency: EUR
amounts: minor
features:
  visits: numeric
  vip: boolean
arm:
  column: offer
  arms:
    - { id: none, propensity: ${SHARES[0]} }
    - { id: small, face: ${FACES[1]}, propensity: ${SHARES[1]} }
    - { id: large, face: ${FACES[2]}, send: ${SENDS[2]}, propensity: ${SHARES[2]} }
rewards:
  ordered: { kind: binary, weight: ${WEIGHT} }
redeemed: { reward: ordered }
`;

export interface OfferRow {
  readonly visits: number;
  readonly vip: boolean;
  readonly cluster: 0 | 1;
  readonly arm: 0 | 1 | 2;
  readonly ordered: boolean;
}

export function offerRows(rows: number, seed: number): OfferRow[] {
  const random = seededRandom(`offers ${seed}`);
  return Array.from({ length: rows }, () => {
    const cluster = random.unit() < 0.5 ? 0 : 1;
    const visits = cluster === 0 ? random.below(3) : 3 + random.below(5);
    const unit = random.unit();
    const arm = unit < SHARES[0] ? 0 : unit < SHARES[0] + SHARES[1] ? 1 : 2;
    return { visits, vip: random.unit() < 0.3, cluster, arm, ordered: random.unit() < ORDERS[cluster][arm] };
  });
}

export function offerCsv(rows: readonly OfferRow[]): string {
  const lines = rows.map(
    ({ visits, vip, arm, ordered }, row) => `user ${row},${visits},${vip ? 1 : 0},${ARMS[arm]},${ordered ? 1 : 0}`,
  );
  return `user,visits,vip,offer,ordered\n${lines.join("\n")}\n`;
}

/** Per row, of a policy by cluster, in truth. */
export function truthOf(shares: readonly (readonly number[])[]): { reward: number; cost: number } {
  let [reward, cost] = [0, 0];
  ORDERS.forEach((orders, cluster) =>
    orders.forEach((order, arm) => {
      const weight = 0.5 * (shares[cluster]?.[arm] ?? 0);
      reward += weight * order * WEIGHT;
      cost += weight * (order * (FACES[arm] ?? 0) + (SENDS[arm] ?? 0));
    }),
  );
  return { reward, cost };
}
