// Page
// A report as one self-contained HTML file: no script, no request to anywhere, light and dark by the reader's setting.
// Sections hold what they are given; everything that comes from data goes through `escape` (or `html`).

import type { Chart } from "./chart.ts";
import { STYLE } from "./style.ts";

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

/** A figure is not parted from its sign at the end of a line. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/(?<=\d) %/g, "\u00a0%");
}

export function raw(html: string): Html {
  return { html };
}

type Part = Html | string | number | readonly (Html | string | number)[];

/** Template tag: what is put in is escaped unless it is `Html`. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return raw(strings.reduce((text, piece, index) => text + render(parts[index - 1] ?? "") + piece));
}

function render(part: Part): string {
  if (typeof part === "string") return escape(part);
  if (typeof part === "number") return String(part);
  if (Array.isArray(part)) return part.map(render).join("");
  return "html" in part ? part.html : "";
}

export interface Section {
  readonly title: string;
  /** One or two sentences: what one sees, and what it means. */
  readonly caption?: string;
  readonly body: readonly Html[];
}

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
}

export interface VerdictTile extends Figure {
  readonly kind: "note" | "good" | "bad";
}

export interface Page {
  readonly title: string;
  readonly subtitle: string;
  /** What must not be overlooked (synthetic data, a failed check); none is fine. */
  readonly notices: readonly { readonly kind: "note" | "good" | "bad"; readonly text: string }[];
  /** What it comes to, in a sentence each; the first tiles. */
  readonly verdicts: readonly VerdictTile[];
  /** The figures that people look for first. */
  readonly figures: readonly Figure[];
  readonly sections: readonly Section[];
  readonly footer: string;
}

export function renderPage(page: Page): string {
  const body = html`<main>
    <header>
      <h1>${page.title}</h1>
      <p class="subtitle">${page.subtitle}</p>
    </header>
    <dl class="figures">${page.verdicts.map((verdict) => tile(`figure verdict ${verdict.kind}`, verdict))}</dl>
    ${page.notices.map(({ kind, text }) => html`<p class="notice ${kind}">${text}</p>`)}
    <dl class="figures">${page.figures.map((figure) => tile("figure", figure))}</dl>
    ${page.sections.map(renderSection)}
    <footer>${page.footer}</footer>
  </main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.html}
</body>
</html>
`;
}

function tile(kind: string, { label, value, hint }: Figure): Html {
  return html`<div class="${kind}">
    <dt>${label}</dt>
    <dd class="value">${value}</dd>
    ${hint === undefined ? "" : html`<dd class="hint">${hint}</dd>`}
  </div>`;
}

function renderSection(section: Section): Html {
  return html`<section>
    <h2>${section.title}</h2>
    ${section.caption === undefined ? "" : html`<p class="caption">${section.caption}</p>`} ${section.body}
  </section> `;
}

/** A text from so many characters on gets a column of some width: a word a line makes rows taller than a screen. */
const LONG_TEXT = 40;

/** A table; columns with `number` are set flush right. */
export function table(
  columns: readonly { readonly title: string; readonly number?: boolean }[],
  rows: readonly (readonly (string | number | Html)[])[],
): Html {
  const classOf = (index: number, content: string | number | Html): string => {
    if (columns[index]?.number === true) return ' class="n"';
    return typeof content === "string" && content.length >= LONG_TEXT ? ' class="long"' : "";
  };
  const cell = (tag: "td" | "th", index: number, content: string | number | Html): Html =>
    raw(`<${tag}${classOf(index, content)}>${render(content)}</${tag}>`);
  // What scrolls must be reachable by keys.
  return html`<div
    class="scroll"
    tabindex="0"
    role="region"
    aria-label="${columns.map(({ title }) => title).join(", ")}"
  >
    <table>
      <thead>
        <tr>
          ${columns.map((column, index) => cell("th", index, column.title))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((content, index) => cell("td", index, content))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A picture with what it shows, for the eye and for a screen reader. */
export function picture({ wide, narrow }: Chart, description: string): Html {
  return html`<figure>
    <div class="wide" role="img" aria-label="${description}">${raw(wide)}</div>
    <div class="narrow" role="img" aria-label="${description}">${raw(narrow)}</div>
    <figcaption>${description}</figcaption>
  </figure>`;
}

/** Pictures of half a page two by two, on a narrow page below each other. */
export function pair(...pictures: readonly Html[]): Html {
  return html`<div class="pair">${pictures}</div>`;
}

/** Words of the page that are not everybody's, each with what it means. */
export function wordsSection(words: readonly (readonly [word: string, meaning: string])[]): Section {
  const entries = words.map(
    ([word, meaning]) =>
      html`<dt>${word}</dt>
        <dd>${meaning}</dd>`,
  );
  return { title: "Words", body: [html`<dl class="words">${entries}</dl>`] };
}
