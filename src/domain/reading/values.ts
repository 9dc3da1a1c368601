// Values
// How a value of an arm, a flag or a category is compared, and how a number is read. The rules (`valueKey`) are the same for a
// log and for a session, whoever wrote it and in which type. `learn/data/values-sql.ts` says the same in SQL; a property test
// holds the two together.

/** As producers send it. */
export type AttributeValue = number | string | boolean | null;

/** Space, tab, line feed, vertical tab, form feed, carriage return, no-break space, byte order mark (which readers of text drop). */
export const WHITE_SPACE = [32, 9, 10, 11, 12, 13, 160, 0xfeff] as const;
/** A flag's words, besides 1 and 0. */
export const TRUE_WORDS = ["t", "yes", "y"] as const;
export const FALSE_WORDS = ["f", "no", "n"] as const;
/** Whole doubles from here on are written with an exponent. */
export const WHOLE_DIGITS_MAX = 1e37;

const PLAIN = /^-?(?:0|[1-9][0-9]*)?(?:\.[0-9]+)?$/;
const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const isWhite = new Set<number>(WHITE_SPACE);

/**
 * The text by which values are compared; null for no value.
 *   1. Text is trimmed of white space at both ends; nothing left is no value.
 *   2. true and false, in any case, are 1 and 0.
 *   3. A plain decimal number is its digits without needless zeros: 1, 1.0, 1.00 and a DECIMAL are one value; so are 0 and −0.
 *      Digits are never rounded, so that long ids stay apart.
 *   4. All other text is itself: 007, 1e3, NA, null, a NUL byte.
 */
export function valueKey(value: AttributeValue | undefined): string | null {
  switch (typeof value) {
    case "string":
      return textKey(trimmed(value));
    case "number":
      return Number.isFinite(value) ? textKey(doubleText(value)) : null;
    case "boolean":
      return value ? "1" : "0";
    default:
      return null;
  }
}

/** Whether a flag is set; null where that cannot be read. */
export function truthOf(value: AttributeValue | undefined): boolean | null {
  if (typeof value === "boolean") return value;
  const key = valueKey(value)?.toLowerCase() ?? null;
  if (key === "1" || is(TRUE_WORDS, key)) return true;
  if (key === "0" || is(FALSE_WORDS, key)) return false;
  return null;
}

/** The number, as finite in single precision as the classifier's input is; null where none can be read. */
export function numberOf(value: AttributeValue | undefined): number | null {
  if (typeof value === "number") return Number.isFinite(Math.fround(value)) ? value : null;
  const key = valueKey(value);
  if (key === null || !NUMBER.test(key)) return null;
  return Number.isFinite(Math.fround(Number(key))) ? Number(key) : null;
}

function is(words: readonly string[], key: string | null): boolean {
  return key !== null && words.includes(key);
}

function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isWhite.has(text.charCodeAt(from))) from += 1;
  while (to > from && isWhite.has(text.charCodeAt(to - 1))) to -= 1;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}

function textKey(text: string): string | null {
  if (text === "") return null;
  if (text.length <= 5) {
    const lower = text.toLowerCase();
    if (lower === "true") return "1";
    if (lower === "false") return "0";
  }
  if (text === "-" || !PLAIN.test(text)) return text;
  const short = text.includes(".") ? text.replace(/\.?0*$/, "") : text;
  const whole = short.startsWith("-.") ? `-0${short.slice(1)}` : short.startsWith(".") ? `0${short}` : short;
  return whole === "" || whole === "-" || whole === "-0" ? "0" : whole;
}

/** A double in the fewest digits that tell it apart; whole ones in full. */
function doubleText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < WHOLE_DIGITS_MAX) return BigInt(value).toString();
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 16) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
