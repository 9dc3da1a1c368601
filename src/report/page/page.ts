// Page
// A report as one self-contained HTML file: no script, no request to anywhere, light and dark by the reader's setting.
// Sections hold what they are given; everything that comes from data goes through `escape` (or `html`).

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
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

export interface Page {
  readonly title: string;
  readonly subtitle: string;
  /** What must not be overlooked (synthetic data, a failed check); none is fine. */
  readonly notices: readonly { readonly kind: "note" | "good" | "bad"; readonly text: string }[];
  /** The figures that people look for first. */
  readonly figures: readonly { readonly label: string; readonly value: string; readonly hint?: string }[];
  readonly sections: readonly Section[];
  readonly footer: string;
}

export function renderPage(page: Page): string {
  const figures = page.figures.map(
    ({ label, value, hint }) =>
      html`<div class="figure">
        <dt>${label}</dt>
        <dd>${value}</dd>
        ${hint === undefined ? "" : html`<p>${hint}</p>`}
      </div>`,
  );
  const body = html`<main>
    <header>
      <h1>${page.title}</h1>
      <p class="subtitle">${page.subtitle}</p>
    </header>
    ${page.notices.map(({ kind, text }) => html`<p class="notice ${kind}">${text}</p>`)}
    <dl class="figures">${figures}</dl>
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

function renderSection(section: Section): Html {
  return html`<section>
    <h2>${section.title}</h2>
    ${section.caption === undefined ? "" : html`<p class="caption">${section.caption}</p>`} ${section.body}
  </section> `;
}

/** A table; columns with `number` are set flush right. */
export function table(
  columns: readonly { readonly title: string; readonly number?: boolean }[],
  rows: readonly (readonly (string | number | Html)[])[],
): Html {
  const cell = (tag: "td" | "th", index: number, content: string | number | Html): Html =>
    raw(`<${tag}${columns[index]?.number === true ? ' class="n"' : ""}>${render(content)}</${tag}>`);
  return html`<div class="scroll">
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
export function picture(svg: string, description: string): Html {
  return html`<figure role="img" aria-label="${description}">
    ${raw(svg)}
    <figcaption>${description}</figcaption>
  </figure>`;
}

const STYLE = `
:root { color-scheme: light dark; --bg: #fbfaf7; --card: #ffffff; --ink: #1d2330; --soft: #5d6675; --line: #e3e1da;
  --accent: #2f6f6b; --good: #2c7a4b; --bad: #b3372f; --note: #8a6a1c; --plot: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171c; --card: #1c2027; --ink: #e6e8ec; --soft: #9aa3b2;
  --line: #2c323c; --accent: #6fc2bb; --good: #6cc08b; --bad: #ee8079; --note: #d9b45b; --plot: #f4f3ef; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 0 0 .4rem; }
.subtitle, .caption, figcaption, footer { color: var(--soft); }
.subtitle { margin: 0 0 1.2rem; }
.caption { margin: 0 0 1rem; max-width: 46rem; }
.notice { border-left: 4px solid var(--note); background: var(--card); padding: .6rem 1rem; margin: .6rem 0; border-radius: 4px; }
.notice.good { border-color: var(--good); } .notice.bad { border-color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem; }
.figure dt { color: var(--soft); font-size: .85rem; }
.figure dd { margin: .1rem 0 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.figure p { margin: .2rem 0 0; font-size: .8rem; color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.3rem 1.5rem; margin: 1.2rem 0; }
figure { margin: .6rem 0 0; } figure svg { max-width: 100%; height: auto; background: var(--plot); border-radius: 6px; }
figcaption { font-size: .85rem; margin-top: .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; } .n { text-align: right; }
footer { font-size: .85rem; margin-top: 2rem; }
`;
