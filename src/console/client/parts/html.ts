// HTML: Preact's elements written as templates. What is put in becomes text; there is no way here to put markup in.

import htm from "htm";
import { h, type ComponentChild } from "preact";

type Html = (strings: TemplateStringsArray, ...values: unknown[]) => ComponentChild;

// Its types are those of a CommonJS module, whose default is another.
export const html = (htm as unknown as { bind(make: typeof h): Html }).bind(h);
