// Unreadable: what a batch's writer did so that its records cannot be had. It is the writer's fault and one batch's: whoever
// reads the batch gets one record in its place that says so, and goes on behind it.

export class Unreadable extends Error {
  override name = "Unreadable";
}

export class TooLarge extends Unreadable {
  constructor(most: number) {
    super(`unpacked it is larger than ${most} bytes`);
  }
}
