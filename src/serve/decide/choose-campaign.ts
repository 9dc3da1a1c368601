// Choose campaign: the one that a session names, else, of those that serve its surface, a live one before one that is
// not, the one of highest priority, the first by id. Null when there is none.

import type { Session } from "../../domain/session/session.ts";
import { isLive, type InForce } from "../state/campaign/settings.ts";

export function chooseCampaign(
  session: Session,
  campaigns: ReadonlyMap<string, InForce>,
  nowMs: number,
): InForce | null {
  if (session.campaign !== null) return campaigns.get(session.campaign) ?? null;
  let best: InForce | null = null;
  for (const candidate of campaigns.values())
    if (serves(candidate, session.surface) && (best === null || isBefore(candidate, best, nowMs))) best = candidate;
  return best;
}

function serves({ settings }: InForce, surface: string | null): boolean {
  const { surfaces } = settings.grant.campaign;
  return surfaces.length === 0 || (surface !== null && surfaces.includes(surface));
}

function isBefore(a: InForce, b: InForce, nowMs: number): boolean {
  const liveA = isLive(a.settings, nowMs);
  if (liveA !== isLive(b.settings, nowMs)) return liveA;
  const one = a.settings.grant.campaign;
  const other = b.settings.grant.campaign;
  return one.priority === other.priority ? one.id < other.id : one.priority > other.priority;
}
