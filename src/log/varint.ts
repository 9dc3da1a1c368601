// Varint
// Integers of variable length, seven bits a byte with the least significant first, up to 64 bits: Kafka's record batches and
// compact types, Snappy's lengths. Signed ones are zigzag: negative numbers become odd ones, so that small ones are short.

const TWO_7 = 128;
const TWO_63 = 2 ** 63;

/** Of an integer that is not negative, as all that is not called signed. */
export function varintSize(value: number): number {
  let left = value;
  let size = 1;
  while (left >= TWO_7) {
    left = Math.floor(left / TWO_7);
    size += 1;
  }
  return size;
}

/** Answers the place after it. */
export function writeVarint(into: Buffer, value: number, start: number): number {
  let left = value;
  let at = start;
  while (left >= TWO_7) {
    into[at] = (left % TWO_7) | 0x80;
    left = Math.floor(left / TWO_7);
    at += 1;
  }
  into[at] = left;
  return at + 1;
}

export function signedVarintSize(value: number): number {
  return varintSize(zigzag(value));
}

/** Answers the place after it. */
export function writeSignedVarint(into: Buffer, value: number, start: number): number {
  return writeVarint(into, zigzag(value), start);
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** Reads varints one after another; a place behind the bytes' end reads as 0, an end within a number throws `RangeError`. */
export class VarintReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  unsigned(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    // Nearly all are of one or two bytes.
    if (byte < TWO_7) return byte;
    let value = byte & 0x7f;
    let factor = TWO_7;
    do {
      if (this.at >= bytes.length || factor > TWO_63) throw new RangeError("the bytes end within a number");
      byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= TWO_7;
    } while (byte >= TWO_7);
    return value;
  }
}
