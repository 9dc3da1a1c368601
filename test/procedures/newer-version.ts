// Loaded before `stipend`: makes of it a version that writes, and understands, format 2 on every topic that has one.

import { FORMATS } from "../../src/log/formats.ts";

for (const topic of Object.keys(FORMATS)) Object.assign(FORMATS, { [topic]: 2 });
