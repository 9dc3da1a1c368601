// Dialog: a window over the page, which Escape closes and which keeps the keyboard inside.

import type { ComponentChild } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { html } from "../parts/html.ts";

export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children?: ComponentChild;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => element.current?.showModal(), []);
  return html`<dialog ref=${element} aria-labelledby=${id} onClose=${onClose}>
    <header>
      <h2 id=${id}>${title}</h2>
      <button type="button" class="plain" aria-label="Close" onClick=${() => element.current?.close()}>×</button>
    </header>
    ${children}
  </dialog>`;
}
