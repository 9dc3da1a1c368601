// Wire
// Confluent's wire format beside Avro single-object encoding: two headers before the same Avro binary.
//
//   Confluent       00, the schema's id in a registry (a 32-bit integer, big-endian), Avro binary
//   single object   C3 01, the schema's CRC-64-AVRO fingerprint (8 bytes, little-endian), Avro binary

const MAGIC = 0x00;
const ID_BYTES = 5;

/** The schema id that the bytes begin with; null where they are not in Confluent's wire format. No registry has a negative id. */
export function schemaIdOf(bytes: Uint8Array): number | null {
  if (bytes.length < ID_BYTES || bytes[0] !== MAGIC) return null;
  const id = ((bytes[1] ?? 0) << 24) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0);
  return id < 0 ? null : id;
}

export function isSingleObject(bytes: Uint8Array): boolean {
  return bytes[0] === 0xc3 && bytes[1] === 0x01;
}

/** Whether the bytes begin with this single-object header. */
export function beginsWith(bytes: Uint8Array, header: Uint8Array): boolean {
  if (bytes.length < header.length) return false;
  for (let i = 0; i < header.length; i += 1) if (bytes[i] !== header[i]) return false;
  return true;
}

/** Single-object bytes, with their header of that length, under a registry's id. */
export function toConfluent(id: number, bytes: Uint8Array, headerBytes: number): Buffer {
  const out = Buffer.allocUnsafe(ID_BYTES + bytes.length - headerBytes);
  out[0] = MAGIC;
  out.writeInt32BE(id, 1);
  out.set(bytes.subarray(headerBytes), ID_BYTES);
  return out;
}

/** Confluent's bytes under a single-object header. */
export function toSingleObject(header: Uint8Array, bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(header.length + bytes.length - ID_BYTES);
  out.set(header);
  out.set(bytes.subarray(ID_BYTES), header.length);
  return out;
}
