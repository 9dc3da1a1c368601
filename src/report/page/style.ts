// Style: how every report looks, from 400 to 1,600 px, light and dark.

import { paletteCss } from "./palette.ts";

/** Narrower, and each picture is shown in its narrow form. At it, the 12 px of a wide chart's text are still 10. */
const NARROW = "57.5rem";

export const STYLE = `
:root { color-scheme: light dark; ${paletteCss("light")} }
@media (prefers-color-scheme: dark) { :root { ${paletteCss("dark")} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3, p, li, dd, summary { overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 0 0 .4rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
.subtitle, .caption, figcaption, footer, small { color: var(--soft); }
.subtitle { margin: 0 0 1.2rem; }
.caption { margin: 0 0 1rem; max-width: 46rem; }
.notice { border-left: 4px solid var(--note); background: var(--card); padding: .6rem 1rem; margin: .6rem 0; border-radius: 4px; }
.notice.good { border-color: var(--good); } .notice.bad { border-color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }
.figure dt { color: var(--soft); font-size: .85rem; }
.figure dd { margin: .1rem 0 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.figure dd.hint { margin-top: .2rem; font-size: .8rem; color: var(--soft); }
.figure.verdict { grid-column: 1 / -1; border-left: 4px solid var(--note); padding: 1rem 1.2rem; }
.figure.verdict.good { border-left-color: var(--good); } .figure.verdict.bad { border-left-color: var(--bad); }
.figure.verdict dd.value { font-size: 1.5rem; line-height: 1.3; }
.figure.verdict dd.hint { font-size: .95rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.3rem 1.5rem; margin: 1.2rem 0; }
figure { margin: .6rem 0 0; }
figure svg { display: block; height: auto; max-width: 100%; }
figcaption { font-size: .85rem; margin-top: .3rem; }
.narrow { display: none; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } .n { text-align: right; white-space: nowrap; } th.n { white-space: normal; }
td:not(.n) { min-width: 6rem; } td.long { min-width: 17rem; }
dl.words { margin: 0; } dl.words dt { font-weight: 600; } dl.words dd { margin: 0 0 .6rem; color: var(--soft); }
footer { font-size: .85rem; margin-top: 2rem; overflow-wrap: anywhere; }
@media (max-width: ${NARROW}) {
  main { padding: 1.2rem .75rem 3rem; }
  section { padding: 1rem .85rem; }
  .pair { grid-template-columns: 1fr; gap: .5rem; }
  .wide { display: none; }
  .narrow { display: block; max-width: 34rem; }
  .narrow svg { width: 100%; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; }
  .figure.verdict dd.value { font-size: 1.25rem; }
  th, td { padding: .35rem .5rem; }
}
`;
