// App: the frame around the pages, and which page an address is.

import { render, type ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Campaign } from "./pages/campaign.ts";
import { Campaigns } from "./pages/campaigns.ts";
import { Changes } from "./pages/changes.ts";
import { useReport } from "./live/facts.ts";
import { Frame } from "./parts/frame.ts";
import { goTo } from "./parts/go-to.ts";
import { Health } from "./pages/health.ts";
import { html } from "./parts/html.ts";
import { Empty } from "./parts/parts.ts";
import { askedIn, LookBack } from "./pages/look-back.ts";
import { Releases } from "./pages/releases.ts";
import { Session } from "./live/session.ts";
import { User } from "./pages/user.ts";

const NAVIGATION = [
  ["/", "Campaigns"],
  ["/look-back", "Look back"],
  ["/changes", "Changes"],
  ["/users", "User"],
  ["/releases", "Releases"],
  ["/health", "Health"],
] as const;

function pageAt({ pathname: path, search }: Place): ComponentChild {
  const query = new URLSearchParams(search);
  if (path === "/") return html`<${Campaigns} />`;
  const [, id] = /^\/campaigns\/([^/]+)$/.exec(path) ?? [];
  if (id !== undefined) return html`<${Campaign} key=${id} id=${decoded(id)} />`;
  const campaign = query.get("campaign");
  if (path === "/changes") return html`<${Changes} key=${campaign} campaign=${campaign} />`;
  if (path === "/users") return html`<${User} key=${query.get("id")} id=${query.get("id")} />`;
  if (path === "/releases") return html`<${Releases} />`;
  if (path === "/look-back") return html`<${LookBack} asked=${askedIn(query)} campaign=${campaign} />`;
  if (path === "/report") return html`<h1>Report</h1><${Frame} title="Report" src="/report.html" />`;
  if (path === "/health") return html`<${Health} />`;
  return html`<${Empty} title="There is no such page" text="The address leads nowhere here." />`;
}

interface Place {
  readonly pathname: string;
  readonly search: string;
}

function placeNow(): Place {
  const { pathname, search } = location;
  return { pathname, search };
}

function App() {
  const [place, setPlace] = useState(placeNow);
  const report = useReport();
  useEffect(() => {
    const moved = () => setPlace(placeNow());
    const clicked = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
      if (link === null || !isPlain || link.origin !== location.origin || link.target !== "") return;
      event.preventDefault();
      goTo(link.href);
      scrollTo(0, 0);
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
        ${[...NAVIGATION, ...(report ? ([["/report", "Report"]] as const) : [])].map(
          ([url, name]) =>
            html`<a href=${url} aria-current=${isAt(place.pathname, url) ? "page" : undefined}>${name}</a>`,
        )}
      </nav>
      <${Session} />
    </header>
    <main id="main" tabindex="-1">${pageAt(place)}</main>
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
