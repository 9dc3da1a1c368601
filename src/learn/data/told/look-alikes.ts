// Look-alikes
// What a person should be told of a feature's categories: that some differ in nothing that is seen (letters composed or not,
// white space, case, characters without a width), or are what programs write where there is no value. Pure.

/** As `isMissingSql` has them, of a number. */
const NO_VALUE = /^(na|n\/a|nan|null|none|\\n)$/i;
const UNSEEN = /[\p{White_Space}\p{Default_Ignorable_Code_Point}]+/gu;
/** In fewer letters a difference of case may be meant: a and A. */
const WORD_LENGTH = 3;
const SHOWN = 3;

/** Sentences, each about some of the categories. */
export function lookAlikes(categories: readonly string[]): string[] {
  const alike = new Map<string, string[]>();
  for (const category of categories) {
    const seen = seenAs(category);
    alike.set(seen, [...(alike.get(seen) ?? []), category]);
  }
  const groups = [...alike.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(spelled).join(" and "));
  const words = categories.filter((category) => NO_VALUE.test(category)).map(spelled);
  return [
    ...(groups.length > 0
      ? [
          `${shown(groups)} look alike and are different categories, in a log and when it serves: write one everywhere if one is meant`,
        ]
      : []),
    ...(words.length > 0
      ? [
          `${shown(words)} is taken for a category: a session without a value has another one; if it means that there is no value, leave it empty`,
        ]
      : []),
  ];
}

function seenAs(category: string): string {
  const text = category.normalize("NFKC").replaceAll(UNSEEN, "");
  return text.length < WORD_LENGTH ? text : text.toLowerCase();
}

/** With what cannot be seen, or seen to be different, by its number. */
function spelled(category: string): string {
  return JSON.stringify(category).replaceAll(
    /[^ -~]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function shown(texts: readonly string[]): string {
  return `${texts.slice(0, SHOWN).join(", ")}${texts.length > SHOWN ? " …" : ""}`;
}
