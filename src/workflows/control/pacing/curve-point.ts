// Curve point: a point of a pacing curve as it is typed.

import { InvalidInput, type CurvePoint } from "../../../domain/campaign/campaign.ts";
import { asNumber, asTime, type Parse } from "../../../settings/parse.ts";

const asShare = asNumber({ min: 0, max: 1 });

export const asPoint: Parse<CurvePoint> = (typed) => {
  const at = typed.lastIndexOf("=");
  if (at < 0)
    throw new InvalidInput(`expected a time, =, and a share, such as 2026-05-01T12:00:00Z=0.5, got "${typed}"`);
  return { atMs: asTime(typed.slice(0, at)), share: asShare(typed.slice(at + 1)) };
};
