// UTF-8: text from outside by its bytes. Bytes of another encoding are no text: with replaced characters in their place, two ids
// would become one.

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const BYTE_ORDER_MARK = "\ufeff";

/** Null where the bytes are no UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** As some editors begin a file. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
