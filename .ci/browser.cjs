// What the checks in Chromium share: how it is started, whether a page is accessible, its
// picture, and the link that came by mail.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const APPROVER = "approver@example.com";

// axe-core runs from outside the page's own rights: the policy lets the page run nothing of ours.
async function judged(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const words = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(words, [], `${page.url()} is accessible`);
}

// Takes pictures into a folder.
function photographer(folder) {
  return (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: false });
}

// Waits for the approver's mail about a request, and answers its link.
async function mailedLink(server, outbox, request) {
  const link = new RegExp(`${server}/account/confirm/${request.id}\\?t=[A-Za-z0-9_-]+`);
  for (let looks = 0; looks < 100; looks += 1) {
    for (const file of fs.existsSync(outbox) ? fs.readdirSync(outbox).filter((name) => name.endsWith(".eml")) : []) {
      const mail = fs.readFileSync(path.join(outbox, file), "utf8");
      const found = link.exec(mail);
      if (found && mail.includes(APPROVER)) return found[0];
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail with a link for ${request.id} in the outbox`);
}

module.exports = { APPROVER, FLAGS, judged, mailedLink, photographer };
