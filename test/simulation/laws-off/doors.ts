// Laws off, of the doors (C9): records of users, and commands, are taken in whichever partition they are.

import { partitionOf } from "../../../src/log/partitioner.ts";
import { campaignOf, withBatch, type LawOff } from "./tools.ts";

export const DOORS_OFF: readonly LawOff[] = [
  {
    law: "C9",
    fault: "a record of a user is taken in whichever partition it is",
    caughtAs: ["C9"],
    seams: () => ({
      serve: (processor, { placement }) =>
        withBatch((batch) =>
          batch.map((record) =>
            record.key === null ? record : { ...record, partition: partitionOf(record.key, placement) },
          ),
        )(processor),
    }),
  },
  {
    law: "C9",
    fault: "a command is taken in whichever partition it is",
    caughtAs: ["C9"],
    seams: () => ({
      treasury: (processor, { placement }) =>
        withBatch((batch) =>
          batch.map((record) => {
            const campaign = campaignOf(record);
            return campaign === null ? record : { ...record, partition: partitionOf(Buffer.from(campaign), placement) };
          }),
        )(processor),
    }),
  },
];
