// Format: how a mapping says that a log's files are written.

import { z } from "zod";
import { ANY_CSV, type CsvOptions } from "./csv-dialect.ts";
import { ENCODINGS, type Encoding } from "./encoding.ts";

const ALIASES: Readonly<Record<string, Encoding>> = {
  utf8: "utf-8",
  "utf-16": "utf-16le",
  latin1: "latin-1",
  "iso-8859-1": "latin-1",
  "iso-8859-15": "latin-9",
  cp1252: "windows-1252",
};

const known = (name: string): Encoding | undefined => ALIASES[name] ?? ENCODINGS.find((encoding) => encoding === name);

export const encodingSchema = z
  .string()
  .toLowerCase()
  .refine((name) => known(name) !== undefined, `one of ${ENCODINGS.join(", ")}`)
  .transform((name) => known(name) ?? "utf-8");

const character = z.string().refine((text) => text === "\t" || /^[ -~]$/.test(text), "one ASCII character");

export const csvSchema = z
  .strictObject({
    delimiter: z.union([z.literal("tab").transform(() => "\t"), character]).optional(),
    quote: z.union([z.literal("none"), character]).optional(),
    escape: character.optional(),
    header: z.union([z.boolean(), z.array(z.string().min(1)).min(1)]).optional(),
  })
  .refine(
    ({ delimiter, quote, escape }) => delimiter === undefined || (delimiter !== quote && delimiter !== escape),
    "the delimiter can be neither the quote nor the escape",
  );

export function csvOptionsOf(written: z.infer<typeof csvSchema> | undefined): CsvOptions {
  if (written === undefined) return ANY_CSV;
  const { delimiter, quote, escape, header } = written;
  return { delimiter: delimiter ?? null, quote: quote ?? null, escape: escape ?? null, header: header ?? null };
}
