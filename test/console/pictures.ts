// Pictures of three pages of a console that runs, for the README:
//
//   node test/console/pictures.ts ADDRESS CAMPAIGN USER FOLDER

import path from "node:path";
import { openBrowser, show } from "./browser.ts";

const [address = "", campaign = "", user = "", folder = "docs"] = process.argv.slice(2);
const PAGES = [
  ["campaigns", "/", "article"],
  ["campaign", `/campaigns/${campaign}`, ".chart"],
  ["user", `/users?id=${encodeURIComponent(user)}`, ".timeline"],
] as const;
const SETTLE_MS = 1_500;

const browser = await openBrowser();
for (const [name, url, content] of PAGES) {
  const { page } = await show(browser, `${address}${url}`, { width: 1_100 });
  await page.waitForSelector(content);
  // Charts are drawn once their figures have come.
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: path.join(folder, `console-${name}.png`) });
}
await browser.close();
