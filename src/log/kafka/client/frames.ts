// Frames
// Kafka's framing of a byte stream: each message has its length before it, as 32 bits. Messages arrive in pieces of any
// size; no more is kept than has arrived, and a length that no broker sends ends the connection.

/** Above any answer: a fetch asks for 8 MiB and gets at most one batch more, which is no larger than its topic takes. */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024;

const LENGTH_BYTES = 4;

/** What comes is not Kafka's protocol: another service, or TLS where none is expected. */
export class NoFrame extends Error {
  override name = "NoFrame";
}

export class FrameReader {
  #pieces: Buffer[] = [];
  #arrived = 0;
  /** Of the message that is under way, with its length; its length alone until that is known. */
  #wanted = LENGTH_BYTES;

  /** The messages that are complete with this piece; throws `NoFrame`. They are views, not copies, where one piece has them. */
  *push(piece: Buffer): Generator<Buffer> {
    this.#pieces.push(piece);
    this.#arrived += piece.length;
    while (this.#arrived >= this.#wanted) {
      const bytes = this.#joined();
      this.#wanted = LENGTH_BYTES + lengthOf(bytes);
      if (this.#arrived < this.#wanted) return;
      const frame = bytes.subarray(LENGTH_BYTES, this.#wanted);
      this.#arrived -= this.#wanted;
      this.#pieces = this.#arrived === 0 ? [] : [bytes.subarray(this.#wanted)];
      this.#wanted = LENGTH_BYTES;
      yield frame;
    }
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    const bytes = first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.readInt32BE(0);
  if (length < 0 || length > MAX_FRAME_BYTES)
    throw new NoFrame(`the answer is not Kafka's protocol: it begins with ${bytes.toString("hex", 0, LENGTH_BYTES)}`);
  return length;
}
