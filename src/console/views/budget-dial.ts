// Budget dial: what more or less money would bring, by the release in force on the segments that come: for the sessions that are
// still expected, the plan that each budget pays for. An estimate of the release, not a measurement.

import type { Campaign } from "../../domain/campaign/campaign.ts";
import type { Outlook } from "../../domain/campaign/control.ts";
import { rewardUnit } from "../../domain/campaign/reward-unit.ts";
import { expectedAt, liveMix, positionForBudget } from "../../domain/release/frontier.ts";
import type { ReleaseManifest } from "../../domain/release/release.ts";

export interface BudgetDial {
  /** What rewards are counted in: the name of the one reward that the campaign weighs, else "reward". */
  readonly unit: string;
  /** By rising change of the budget, minor units; `extra`: what it brings beside what is foreseen now. */
  readonly points: readonly { readonly change: number; readonly extra: number }[];
  /** A round sum of about a tenth of what is to be spent, and what it more (and less) of it brings. */
  readonly example: { readonly change: number; readonly more: number; readonly less: number };
}

export interface DialInput {
  readonly campaign: Campaign;
  readonly manifest: ReleaseManifest;
  readonly forecast: Outlook;
  readonly sessionsByCluster: readonly number[];
  /** Of the plan account, minor units. */
  readonly left: number;
}

const STEPS = 24;

/** Null where nothing is to come. */
export function budgetDial(input: DialInput): BudgetDial | null {
  const { campaign, manifest, forecast, sessionsByCluster } = input;
  const { frontier, values } = manifest;
  const sessions = forecast.sessionsToCome;
  const spend = Number(forecast.spendToCome);
  if (!(sessions > 0) || !(spend > 0)) return null;
  const mix = liveMix(values, sessionsByCluster);
  const { unit, weight } = rewardUnit(campaign);
  const rewardOf = (money: number): number => {
    const { position } = positionForBudget(frontier, values, mix, money / sessions);
    return (sessions * expectedAt(frontier, values, mix, position).reward) / weight;
  };
  const now = rewardOf(spend);
  const extraOf = (change: number): number => rewardOf(Math.max(0, spend + change)) - now;
  const widest = Math.max(spend, 1);
  const points = Array.from({ length: STEPS + 1 }, (_, step) => {
    const change = -widest + (2 * widest * step) / STEPS;
    return { change, extra: extraOf(change) };
  });
  const change = roundSum(spend / 10);
  return { unit, points, example: { change, more: extraOf(change), less: -extraOf(-change) } };
}

/** 1, 2 or 5 with zeros, not above it. */
function roundSum(minor: number): number {
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, minor)));
  return (minor >= 5 * ten ? 5 : minor >= 2 * ten ? 2 : 1) * ten;
}
