// Values, in SQL
// `domain/reading/values.ts` said again as expressions over a log's column, whatever its type; held to it by a property test.

import { FALSE_WORDS, TRUE_WORDS, WHITE_SPACE, WHOLE_DIGITS_MAX } from "../../domain/reading/values.ts";
import { literal } from "./sql.ts";

/** How a log writes its numbers. */
export interface NumberFormat {
  readonly decimal: "." | ",";
  /** What stands between thousands; null: nothing. */
  readonly thousands: "." | "," | " " | "'" | null;
}

export const PLAIN_NUMBERS: NumberFormat = { decimal: ".", thousands: null };

const WHITE = WHITE_SPACE.map((code) => `chr(${code})`).join(" || ");
const PLAIN = literal("-?(0|[1-9][0-9]*)?(\\.[0-9]+)?");

/** Names under which a column stands beside its text and its key; `withKeys` adds the two. */
export interface Keyed {
  readonly raw: string;
  readonly text: string;
  readonly key: string;
}

/** The source, and of each column its trimmed text and the key by which it is compared, each worked out once. */
export function withKeys(source: string, columns: readonly Keyed[]): string {
  const texts = columns.map(({ raw, text }) => `${textSql(raw)} AS ${text}`);
  const keys = columns.map(({ text, key }) => `${keySql(text)} AS ${key}`);
  return `SELECT *, ${keys.join(", ")} FROM (SELECT *, ${texts.join(", ")} FROM (${source}))`;
}

/** As `valueKey`, of a trimmed text: null for no value. */
function keySql(text: string): string {
  return `CASE WHEN ${text} = '' THEN NULL
    WHEN lower(${text}) = 'true' THEN '1' WHEN lower(${text}) = 'false' THEN '0'
    WHEN ${text} != '-' AND regexp_full_match(${text}, ${PLAIN}) THEN ${shortened(text)}
    ELSE ${text} END`;
}

/** As `truthOf`, with 1 and 0. */
export function truthSql({ key }: Keyed): string {
  const among = (words: readonly string[]): string => words.map(literal).join(", ");
  return (
    `CAST(CASE WHEN lower(${key}) IN ('1', ${among(TRUE_WORDS)}) THEN 1 ` +
    `WHEN lower(${key}) IN ('0', ${among(FALSE_WORDS)}) THEN 0 END AS FLOAT)`
  );
}

/** As `numberOf`, but as a double: what single precision cannot hold is the caller's to judge. */
export function numberSql({ raw, text }: Keyed, format: NumberFormat = PLAIN_NUMBERS): string {
  const read = `TRY_CAST(${plainText(text, format)} AS DOUBLE)`;
  const number = `CASE WHEN typeof(${raw}) = 'VARCHAR' THEN ${read} ELSE TRY_CAST(${raw} AS DOUBLE) END`;
  const word = `CASE lower(${text}) WHEN 'true' THEN 1::DOUBLE WHEN 'false' THEN 0::DOUBLE END`;
  return `coalesce(CASE WHEN isfinite(${number}) THEN ${number} END, ${word})`;
}

/** No value, or a text by which programs say that there is none. */
export function isMissingSql({ text }: Keyed): string {
  return `(${text} IS NULL OR lower(${text}) IN ('', 'na', 'n/a', 'nan', 'null', 'none', '\\n'))`;
}

/** Trimmed text; null for no value and for a number that is none. */
function textSql(column: string): string {
  const whole = `TRY_CAST(${column} AS DOUBLE)`;
  const isWhole = `isfinite(${whole}) AND ${whole} = trunc(${whole}) AND abs(${whole}) < ${WHOLE_DIGITS_MAX}`;
  return `trim(CASE WHEN typeof(${column}) IN ('DOUBLE', 'FLOAT') THEN
    CASE WHEN NOT isfinite(${whole}) THEN NULL WHEN ${isWhole} THEN CAST(TRY_CAST(${column} AS HUGEINT) AS VARCHAR)
    ELSE CAST(${column} AS VARCHAR) END ELSE CAST(${column} AS VARCHAR) END, ${WHITE})`;
}

function shortened(text: string): string {
  const short = `CASE WHEN contains(${text}, '.') THEN rtrim(rtrim(${text}, '0'), '.') ELSE ${text} END`;
  return `CASE WHEN ${short} IN ('', '-', '-0') THEN '0' WHEN starts_with(${short}, '.') THEN '0' || ${short}
    WHEN starts_with(${short}, '-.') THEN '-0' || substr(${short}, 2) ELSE ${short} END`;
}

/**
 * With a point and without separators; null for all that is no number, or whose separators are not where they belong. The
 * database's own reading would take more, such as 1_000 and +-0.
 */
function plainText(text: string, { decimal, thousands }: NumberFormat): string {
  const point = decimal === "." ? "\\." : ",";
  const exponent = "([eE][+-]?[0-9]+)?";
  const between = thousands === "." ? "\\." : thousands === " " ? "[ \\x{a0}\\x{202f}]" : (thousands ?? "");
  const grouped = thousands === null ? "" : `|[0-9]{1,3}(${between}[0-9]{3})+(${point}[0-9]*)?`;
  const pattern = `[+-]?([0-9]+(${point}[0-9]*)?|${point}[0-9]+${grouped})${exponent}`;
  const bare = thousands === null ? text : `regexp_replace(${text}, ${literal(between)}, '', 'g')`;
  const plain = decimal === "." ? bare : `replace(${bare}, ',', '.')`;
  return `CASE WHEN regexp_full_match(${text}, ${literal(pattern)}) THEN ${plain} END`;
}
