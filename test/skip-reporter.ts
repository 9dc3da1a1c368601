// Skip reporter
// A test that was not given what it needs has a name that ends in "[needs …]"; vitest's own report only counts it. This
// one lists each at the end. In CI everything is there: there a skipped test fails the run.

import type { Reporter, TestModule } from "vitest/node";

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    const names = new Set(skipped.flatMap(({ fullName }) => (fullName.includes("[needs ") ? [fullName] : [])));
    for (const name of names) console.log(`  skipped: ${name}`);
    if (skipped.length === 0 || process.env["CI"] === undefined) return;
    console.log(`  ${skipped.length} tests were skipped, and CI skips none`);
    process.exitCode = 1;
  }
}
