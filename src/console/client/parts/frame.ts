// Frame: a report inside of a page, as high as it is, so that only the page scrolls.

import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.ts";

export function Frame({ title, src }: { title: string; src: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const fit = (): void => {
      const height = element.contentDocument?.documentElement.offsetHeight ?? 0;
      if (height > 0) element.style.height = `${height}px`;
    };
    const watching = new ResizeObserver(fit);
    const loaded = (): void => {
      const body = element.contentDocument?.body;
      watching.disconnect();
      if (body !== undefined) watching.observe(body);
      fit();
    };
    element.addEventListener("load", loaded);
    loaded();
    return () => {
      element.removeEventListener("load", loaded);
      watching.disconnect();
    };
  }, [src]);
  return html`<iframe ref=${frame} class="report" title=${title} src=${src} sandbox="allow-same-origin allow-popups"></iframe>`;
}
