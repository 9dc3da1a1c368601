// Session: whether this page may command, and the token with which it does.

import { useState } from "preact/hooks";
import { valueOf } from "../forms/fields.ts";
import { Dialog } from "../forms/dialog.ts";
import { useCommanding } from "./facts.ts";
import { html } from "../parts/html.ts";
import { setToken } from "./token.ts";

export function Session() {
  const commanding = useCommanding();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  if (commanding === "off") return html`<span class="session quiet">read only</span>`;
  if (commanding === "open")
    return html`<button type="button" class="session small" onClick=${() => setToken(null)}>Lock commands</button>`;
  const submit = (event: Event) => {
    event.preventDefault();
    setToken(typed.trim());
    setOpen(false);
    setTyped("");
  };
  return html`
    <button type="button" class="session small" onClick=${() => setOpen(true)}>Unlock commands…</button>
    ${
      open &&
      html`<${Dialog} title="Unlock commands" onClose=${() => setOpen(false)}>
        <form onSubmit=${submit}>
          <label
            >Your token, kept for this tab only
            <input
              type="password"
              required
              minlength="16"
              autocomplete="off"
              value=${typed}
              onInput=${(event: InputEvent) => setTyped(valueOf(event))}
          /></label>
          <footer><button type="submit" class="primary">Unlock</button></footer>
        </form>
      <//>`
    }
  `;
}
