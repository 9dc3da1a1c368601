// Shown: a value in a message for people: short whatever it is, since what came in may be megabytes of it.

const MOST_CHARACTERS = 80;

/** A value as JSON would have it; of a list or an object, what it is; a long text's beginning. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

export function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
