// Keys
// The layout of the embedded log's one key space. Big-endian, so that byte order is log order.
//
//   01 name                                  a topic's id and settings
//   02 topic id (2) partition (2)            a partition's head: where it begins and ends
//   03                                       count of all commits, by which other processes notice one
//   04 application NUL kind                  who runs the kind
//   05 application NUL kind NUL partition(2) a task: its epoch and positions
//   10 topic id (2) partition (2) offset (6) a batch of records, the offset is its first one's

const OFFSET_BYTES = 6;

export const COMMITS_KEY = Buffer.from([0x03]);
export const TOPICS_FROM = Buffer.from([0x01]);
export const TOPICS_TO = Buffer.from([0x02]);

export function topicKey(name: string): Buffer {
  return Buffer.concat([TOPICS_FROM, Buffer.from(name, "utf8")]);
}

export function headKey(topicId: number, partition: number): Buffer {
  return partitionKey(0x02, topicId, partition, 0);
}

export function ownerKey(kind: string): Buffer {
  return Buffer.concat([Buffer.from([0x04]), Buffer.from(kind, "utf8")]);
}

export function taskKey(kind: string, partition: number): Buffer {
  const key = Buffer.concat([Buffer.from([0x05]), Buffer.from(kind, "utf8"), Buffer.alloc(3)]);
  key.writeUInt16BE(partition, key.length - 2);
  return key;
}

export function batchKey(topicId: number, partition: number, offset: number): Buffer {
  const key = partitionKey(0x10, topicId, partition, OFFSET_BYTES);
  key.writeUIntBE(offset, 5, OFFSET_BYTES);
  return key;
}

/** Before the first batch that the partition can have. */
export function batchesStart(topicId: number, partition: number): Buffer {
  return partitionKey(0x10, topicId, partition, 0);
}

/** After the last batch that the partition can have. */
export function batchesEnd(topicId: number, partition: number): Buffer {
  return batchKey(topicId, partition, 2 ** (8 * OFFSET_BYTES) - 1);
}

export function offsetOf(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUIntBE(5, OFFSET_BYTES);
}

function partitionKey(first: number, topicId: number, partition: number, rest: number): Buffer {
  const key = Buffer.alloc(5 + rest);
  key[0] = first;
  key.writeUInt16BE(topicId, 1);
  key.writeUInt16BE(partition, 3);
  return key;
}
