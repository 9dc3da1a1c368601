// App: the frame around the pages, and which page an address is.

import { render, type ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Campaign } from "./campaign.ts";
import { Campaigns } from "./campaigns.ts";
import { html } from "./html.ts";
import { Empty } from "./parts.ts";
import { Session } from "./session.ts";

const NAVIGATION = [["/", "Campaigns"]] as const;

function pageAt(path: string): ComponentChild {
  if (path === "/") return html`<${Campaigns} />`;
  const [, id] = /^\/campaigns\/([^/]+)$/.exec(path) ?? [];
  if (id !== undefined) return html`<${Campaign} key=${id} id=${decoded(id)} />`;
  return html`<${Empty} title="There is no such page" text="The address leads nowhere here." />`;
}

function App() {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const moved = () => setPath(location.pathname);
    const clicked = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
      if (link === null || !isPlain || link.origin !== location.origin) return;
      event.preventDefault();
      history.pushState(null, "", link.href);
      scrollTo(0, 0);
      moved();
    };
    addEventListener("popstate", moved);
    document.addEventListener("click", clicked);
    return () => {
      removeEventListener("popstate", moved);
      document.removeEventListener("click", clicked);
    };
  }, []);
  return html`
    <a class="skip" href="#main">To the content</a>
    <header class="bar">
      <a class="brand" href="/"><img src="/icon.svg" alt="" width="20" height="20" />Stipend</a>
      <nav aria-label="Pages">
        ${NAVIGATION.map(
          ([url, name]) => html`<a href=${url} aria-current=${isAt(path, url) ? "page" : undefined}>${name}</a>`,
        )}
      </nav>
      <${Session} />
    </header>
    <main id="main" tabindex="-1">${pageAt(path)}</main>
  `;
}

/** An address may be anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isAt(path: string, url: string): boolean {
  return url === "/" ? path === "/" || path.startsWith("/campaigns") : path === url;
}

render(html`<${App} />`, document.body);
