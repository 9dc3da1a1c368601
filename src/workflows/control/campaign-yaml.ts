// Campaign as YAML: the file that `campaign create` reads, with what each part means.

import { Document, isPair, isScalar, visit } from "yaml";
import { zonedText } from "../../domain/calendar.ts";
import type { Campaign } from "../../domain/campaign/campaign.ts";

const MEANINGS: Readonly<Record<string, string>> = {
  budgetMinor: " Amounts are integers of minor units.",
  explorationBudgetMinor: " On top, to go on learning from incentives that chance gives.",
  ceilingMinor: " No command may raise the budget above it.",
  arms: " Those of the release, in its order; the first is the control. faceMinor is paid when it is redeemed, sendMinor when it is offered.",
  holdoutShare: " Share of users who never get anything, so that the effect of the whole can be measured.",
  explorationShare: " Share of sessions whose arm is drawn by chance.",
  caps: " At most so many incentives to one user in any window of this length.",
  reservation: " How long an incentive can be redeemed, and its money is reserved.",
  pacing: " expectedSessions: eligible sessions in the whole period; what comes corrects it.",
  rewardWeights: " Reward of an outcome: the sum of weight × outcome.rewards[name].",
};

/** By the clocks of the campaign's zone, with what they are ahead of UTC. */
function instantText(ms: number, timeZone = "UTC"): string {
  return zonedText(timeZone, ms).replace(" ", "T");
}

/** `notes`: lines for its head. */
export function campaignYaml(campaign: Campaign, notes: readonly string[]): string {
  const { id, currency, budgetMinor, explorationBudgetMinor, ceilingMinor, startMs, endMs, timeZone, arms } = campaign;
  const { holdoutShare, explorationShare, caps, reservation, pacing, rewardWeights } = campaign;
  const document = new Document({
    ...{ id, currency, budgetMinor, explorationBudgetMinor, ceilingMinor },
    startMs: instantText(startMs, timeZone),
    endMs: instantText(endMs, timeZone),
    timeZone,
    arms: arms.map(({ id: arm, faceMinor, sendMinor }) => ({ id: arm, faceMinor, sendMinor })),
    ...{ holdoutShare, explorationShare, caps },
    reservation: { policy: reservation.policy, ttlMs: reservation.ttlMs },
    pacing: { mode: pacing.mode, expectedSessions: pacing.expectedSessions },
    rewardWeights,
  });
  document.commentBefore = notes.map((note) => ` ${note}`).join("\n");
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key)) return;
      const meaning = MEANINGS[String(pair.key.value)];
      if (meaning !== undefined) pair.key.commentBefore = meaning;
    },
  });
  return document.toString({ lineWidth: 0 });
}
