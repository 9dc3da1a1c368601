// stipend users erase: a user is forgotten.

import { defineCommand } from "../../command.ts";
import { required } from "../../options.ts";
import { ACTOR_AND_REASON } from "../../steering.ts";
import { DONE } from "../../../terminal/context.ts";
import { printableLine } from "../../../terminal/printable.ts";
import { withLog } from "../../../workflows/connect/open-log.ts";
import { eraseUser } from "../../../workflows/topics/erase-user.ts";

export const command = defineCommand({
  summary: "forget a user: profile, memory and earlier rows",
  description:
    "Deletes the profile, has the user's partition forget what it remembers (within a cycle of a running allocator), and " +
    "leaves the user's rows of before out of training, evaluation, replay and `tail` from now on. " +
    "Incentives that are open stay valid and are paid; decisions and settlements, which prove the money, stay until they " +
    "expire, without attributes. docs/DATA.md tells what is kept where and for how long. Who sends events of the user must " +
    "stop as well: what comes afterwards is of a new user.",
  examples: ["stipend users erase u-1 --reason 'asked by the user'"],
  arguments: { user: required("user", "the user's id", (typed) => typed) },
  options: ACTOR_AND_REASON,
  async run(context, { user, actor, reason }) {
    const erasure = {
      userId: user,
      atMs: context.nowMs(),
      actor: actor ?? context.actor,
      reason: reason ?? null,
    };
    await withLog(context, (log) => eraseUser(log, erasure));
    context.output.result(
      erasure,
      () => `${printableLine(user)}: on the list of erased users; rows from before are left out from now on`,
    );
    return DONE;
  },
});
