// Varint: Kafka's variable-length integers inside record batches: zigzag, seven bits a byte, up to 64 bits.

const TWO_7 = 128;

/** Negative numbers become odd ones, so that small ones of both signs are short. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

export function varintSize(value: number): number {
  let left = zigzag(value);
  let size = 1;
  while (left >= TWO_7) {
    left = Math.floor(left / TWO_7);
    size += 1;
  }
  return size;
}

/** Returns the place after it. */
export function writeVarint(into: Buffer, value: number, start: number): number {
  let left = zigzag(value);
  let at = start;
  while (left >= TWO_7) {
    into[at] = (left % TWO_7) | 0x80;
    left = Math.floor(left / TWO_7);
    at += 1;
  }
  into[at] = left;
  return at + 1;
}

/** Reads varints one after another. */
export class VarintReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    // Nearly all are of one or two bytes.
    if (byte < TWO_7) return unzigzag(byte);
    let value = byte & 0x7f;
    let factor = TWO_7;
    do {
      if (this.at >= bytes.length) throw new RangeError("a record batch ends within a number");
      byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= TWO_7;
    } while (byte >= TWO_7);
    return unzigzag(value);
  }
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
