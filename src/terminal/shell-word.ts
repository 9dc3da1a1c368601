// Shell word: a text as it is typed into a shell to mean itself: a path with a space in it is one word.

export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
