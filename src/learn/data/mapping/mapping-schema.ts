// Mapping schema: a mapping file's fields and their kinds, before anything is held against anything else.

import { z } from "zod";
import { currencyCode } from "../../../domain/money/currency.ts";
import { csvSchema, encodingSchema } from "../log/format.ts";

/** A release's arms, as in a campaign. */
const MAX_ARMS = 64;

const column = z.string().min(1);
const kind = z.enum(["numeric", "boolean", "categorical"]);
const missing = z.literal("zero").optional();
const value = z.union([
  z.string(),
  z
    .number()
    .refine((given) => !Number.isInteger(given) || Number.isSafeInteger(given), "too long a number: put it in quotes"),
  z.boolean(),
  z.null(),
]);

const isSingle = (given: number): boolean => Number.isFinite(Math.fround(given));

const featureSchema = z.union([
  kind.transform((value) => ({ kind: value, column: undefined, default: undefined, maxCategories: undefined })),
  z.strictObject({
    kind,
    column: column.optional(),
    default: z.union([z.string(), z.number().refine(isSingle, "a number in single precision"), z.boolean()]).optional(),
    maxCategories: z.number().int().min(2).max(1000).optional(),
  }),
]);

const amount = z.number().refine(Number.isFinite, "a number");

const armSchema = z.strictObject({
  id: z.string().min(1).max(100),
  value: value.optional(),
  from: z.number().optional(),
  below: z.number().optional(),
  face: amount.default(0),
  send: amount.default(0),
  dose: z.number().optional(),
  propensity: z.number().optional(),
});

const rewardSchema = z.strictObject({
  column: column.optional(),
  kind: z.enum(["binary", "count", "amount"]),
  missing,
  negative: z.literal("allowed").optional(),
  weight: z.number().default(1),
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
});

export const mappingSchema = z.strictObject({
  currency: currencyCode,
  /** major: 2.50 is two and a half; minor: 250 is the same, as an integer. */
  amounts: z.enum(["major", "minor"]),
  encoding: encodingSchema.optional(),
  decimal: z.enum([".", ","]).default("."),
  thousands: z.enum([".", ",", " ", "'"]).optional(),
  csv: csvSchema.optional(),
  features: z.record(z.string().min(1), featureSchema),
  arm: z.strictObject({
    column,
    ordered: z.boolean().default(false),
    strata: z.array(z.string()).default([]),
    others: z.enum(["refuse", "leave-out"]).default("refuse"),
    arms: z.array(armSchema).min(2).max(MAX_ARMS),
  }),
  propensity: z
    .union([z.literal("uniform"), z.strictObject({ column, overlap: z.enum(["full", "partial"]).default("full") })])
    .optional(),
  rewards: z.record(z.string().min(1), rewardSchema),
  redeemed: z
    .union([z.strictObject({ column, missing, given: z.string().optional() }), z.strictObject({ reward: z.string() })])
    .optional(),
  cost: z
    .strictObject({ column, missing, when: column.optional(), amounts: z.enum(["major", "minor"]).optional() })
    .optional(),
});

export type Written = z.infer<typeof mappingSchema>;
