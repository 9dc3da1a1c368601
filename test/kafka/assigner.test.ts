import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, type GroupMember } from "../../src/log/kafka/group/assigner.ts";

const member = (id: string, owned: readonly number[], generation = 1): GroupMember => ({ id, owned, generation });

type Row = readonly [promise: string, members: readonly GroupMember[], partitions: number, expected: object];

const TABLE: readonly Row[] = [
  ["gives all to the only member", [member("a", [])], 3, { a: [0, 1, 2], moving: [] }],
  ["shares out what nobody has", [member("a", []), member("b", [])], 4, { a: [0, 1], b: [2, 3], moving: [] }],
  [
    "leaves alone what is balanced",
    [member("a", [3, 1]), member("b", [0, 2])],
    4,
    { a: [1, 3], b: [0, 2], moving: [] },
  ],
  [
    "takes from the one that has too many, and gives to nobody yet",
    [member("a", [0, 1, 2, 3]), member("b", [])],
    4,
    { a: [0, 1], b: [], moving: [2, 3] },
  ],
  ["gives on what was handed back", [member("a", [0, 1]), member("b", [])], 4, { a: [0, 1], b: [2, 3], moving: [] }],
  [
    "gives a dead member's partitions to the others, and moves nothing else",
    [member("a", [0, 1]), member("c", [4, 5])],
    6,
    { a: [0, 1, 2], c: [3, 4, 5], moving: [] },
  ],
  ["leaves the odd one where it is", [member("a", [0]), member("b", [1, 2])], 3, { a: [0], b: [1, 2], moving: [] }],
  [
    "leaves members without work when there are more of them than partitions",
    [member("a", [0]), member("b", []), member("c", [])],
    1,
    { a: [0], b: [], c: [], moving: [] },
  ],
  [
    "believes the later of two that claim the same",
    [member("old", [0, 1], 3), member("new", [0, 1], 7)],
    2,
    { old: [], new: [0], moving: [1] },
  ],
  ["forgets partitions that are no more", [member("a", [0, 9, -1])], 1, { a: [0], moving: [] }],
];

const plain = (members: readonly GroupMember[], partitions: number): object => {
  const { byMember, moving } = assign(members, partitions);
  return { ...Object.fromEntries(byMember), moving };
};

describe("the assigner", () => {
  it.each(TABLE)("%s", (_promise, members, partitions, expected) => {
    expect(plain(members, partitions)).toEqual(expected);
  });

  it("answers the same whatever the members' order", () => {
    const members = [member("a", [0, 1, 2]), member("b", [3]), member("c", [])];
    expect(plain(members.toReversed(), 7)).toEqual(plain(members, 7));
  });

  const counts = fc.array(fc.oneof(fc.constant("join" as const), fc.nat(5)), { minLength: 1, maxLength: 12 });

  it("settles in two rounds: each partition at one member, none of two apart by more than one, the least moved", () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 24 }), (events, partitions) => {
        let members: GroupMember[] = [];
        let next = 0;
        for (const event of events) {
          if (event === "join") members.push(member(`m${next++}`, []));
          else members = members.filter((_, index) => index !== event);
          if (members.length === 0) continue;
          members = checkRounds(members, partitions);
        }
      }),
    );
  });
});

/** Rounds until nothing moves; answers what the members then have. */
function checkRounds(members: readonly GroupMember[], partitions: number): GroupMember[] {
  const before = new Map(members.flatMap(({ id, owned }) => owned.map((partition) => [partition, id])));
  const first = assign(members, partitions);
  const held = [...first.byMember.values()].flat();
  // A4: nobody is given what another still runs.
  for (const [id, given] of first.byMember) for (const partition of given) expect(before.get(partition) ?? id).toBe(id);
  expect(new Set([...held, ...first.moving]).size).toBe(partitions);
  const middle = members.map(({ id, generation }) => ({ id, owned: first.byMember.get(id) ?? [], generation }));
  const second = assign(middle, partitions);
  expect(second.moving).toEqual([]);
  const loads = [...second.byMember.values()].map((given) => given.length);
  expect(loads.reduce((sum, load) => sum + load, 0)).toBe(partitions);
  expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
  // A3: what moved had to, for somebody was above the share of all.
  const least = Math.floor(partitions / members.length);
  for (const { id, owned } of members) {
    const lost = owned.filter((partition) => first.moving.includes(partition)).length;
    if (owned.length <= least) expect(lost).toBe(0);
    else expect(lost).toBeLessThanOrEqual(owned.length - least);
    expect((second.byMember.get(id) ?? []).length).toBeGreaterThanOrEqual(Math.min(owned.length, least));
  }
  return members.map(({ id, generation }) => ({
    id,
    owned: second.byMember.get(id) ?? [],
    generation: generation + 2,
  }));
}
