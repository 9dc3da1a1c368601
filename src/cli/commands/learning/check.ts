// stipend check: whether a randomised log can be learned from, and whether it is enough.

import { asInteger, asText } from "../../../settings/parse.ts";
import { CHECK_FAILED, DONE } from "../../../terminal/context.ts";
import { checkLog } from "../../../workflows/check/check-log.ts";
import { checkText } from "../../../workflows/check/check-text.ts";
import { readMappingFile } from "../../../workflows/retrain/mapping-file.ts";
import { defineCommand } from "../../command.ts";
import { required, someOf, withDefault } from "../../options.ts";

export const command = defineCommand({
  summary: "whether a randomised log can be learned from, and is enough",
  description:
    "Before a training: reads the log as `train` would, says what was left out, tests whether chance gave the arms as the " +
    "mapping says, names features that look as if they were known too late, and says by budget which gain would show on so " +
    "many rows. Ends with 1 when chance did not give the arms.",
  examples: ["stipend check --data log.csv.gz --mapping mapping.yaml"],
  options: {
    data: someOf("file", "randomised log: CSV, CSV.gz or Parquet; glob:PATTERN for several", asText),
    mapping: required("file", "what the log's columns mean", asText),
    allowBadRows: withDefault("number", "rows that cannot be read and may be left out", asInteger({ min: 0 }), 0),
    budgets: withDefault("number", "points of the grid of budgets", asInteger({ min: 1, max: 100 }), 5),
  },
  async run(context, { data, mapping: file, allowBadRows, budgets }) {
    const mapping = await readMappingFile(file);
    const { progress, output } = context;
    const check = await checkLog({ files: data, mapping, allowBadRows, budgets, progress });
    for (const source of check.sources) output.note(`read ${source}`);
    output.result(check, () => checkText(check));
    return check.notRandomised.length > 0 ? CHECK_FAILED : DONE;
  },
});
