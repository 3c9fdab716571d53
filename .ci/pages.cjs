// The pages as people and machines meet them. Called by .ci/pages; fails with a
// sentence at the first thing that is not as promised.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { chromium } = require("playwright-core");
const { APPROVER, FLAGS, judged, mailedLink, photographer } = require("./browser.cjs");

const [server, outbox, pictures, slackCard] = process.argv.slice(2);
const picture = photographer(pictures);
const linkOf = (request) => mailedLink(server, outbox, request);
const ADA = { email: "ada@example.com", first_name: "Ada", last_name: "Lovelace" };

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "vend-pages-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM, headless: true, args: FLAGS, viewport: { width: 1180, height: 820 },
  });
  try {
    for (const [what, check] of Object.entries(CHECKS)) {
      await check(browser);
      console.log(`ok  ${what}`);
    }
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

const CHECKS = {
  "a mail scanner that opens, runs and presses approves nothing": scanner,
  "an approver reads, mistypes, corrects, approves and follows to ready": mouse,
  "an approver with only a keyboard approves, and Enter in a field decides nothing": keyboard,
  "a denial needs a reason and is told to whoever comes later": denial,
  "a failure says what to do": failure,
  "the list shows every request and can be filtered": list,
  "the pages are readable on a telephone and in the dark": smallAndDark,
  "the Slack card is drawn from our own blocks": card,
};

// --- what the checks do ---

async function scanner(browser) {
  const request = await ask("scanned");
  const link = await linkOf(request);
  for (const method of ["HEAD", "GET", "HEAD"]) assert.equal((await fetch(link, { method })).status, 200, method);
  const page = await opened(browser, link);
  await page.waitForLoadState("networkidle");
  // Pressing without typing: the browser itself refuses, the field is required.
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("button", { name: "Deny" }).click();
  // A machine that fills the form from what the page holds: hidden fields and buttons.
  const form = new URLSearchParams({ t: new URL(link).searchParams.get("t"), decision: "approve", account_name: "", reason: "" });
  const posted = await fetch(link.split("?")[0], { method: "POST", body: form });
  assert.equal(posted.status, 422);
  assert.equal((await show(request)).state, "pending");
  await closed(page);
}

let asked = null;

async function mouse(browser) {
  const request = await ask("fraud-root", { blueprint: "ml-workload-nonprod", purpose: "Card fraud scoring for the payments team", requester: ADA });
  asked = request;
  const page = await opened(browser, await linkOf(request));
  assert.equal(await page.locator("script").count(), 0, "no script on the approval page");
  await judged(page);
  await picture(page, "approval-page");
  await page.getByRole("textbox", { name: /name of the account/ }).fill("fraud-sandbax");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("alert").filter({ hasText: request.account_name }).waitFor();
  assert.equal((await show(request)).state, "pending");
  await judged(page);
  await page.getByRole("textbox", { name: /name of the account/ }).fill(request.account_name);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  await judged(page);
  const [said] = (await show(request)).decisions;
  assert.deepEqual([said.by, said.channel, said.decision], [APPROVER, "mail", "approve"]);
  await page.getByRole("link", { name: /Follow/ }).click();
  await page.locator("progress").waitFor();
  await picture(page, "live-page");
  let loads = 0;
  page.on("load", () => { loads += 1; });
  await page.locator(".pill", { hasText: "ready" }).waitFor({ timeout: 60_000 });
  assert.equal(loads, 0, "the page renews itself without being loaded again");
  await judged(page);
  await page.reload();
  await picture(page, "ready-page");
  await closed(page);
}

async function keyboard(browser) {
  const request = await ask("keys");
  const page = await opened(browser, await linkOf(request));
  const focused = () => page.evaluate(() => document.activeElement.name + document.activeElement.value);
  await tabTo(page, "account_name");
  await page.keyboard.type(request.account_name);
  await page.keyboard.press("Enter");
  assert.equal((await show(request)).state, "pending", "Enter in the field decides nothing");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "decisionapprove");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  assert.notEqual((await show(request)).state, "pending");
  await closed(page);
}

async function denial(browser) {
  const request = await ask("denied");
  const link = await linkOf(request);
  const page = await opened(browser, link);
  await page.getByRole("textbox", { name: /name of the account/ }).fill(request.account_name);
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("alert").first().waitFor();
  assert.equal((await show(request)).state, "pending", "a denial without a reason is none");
  await page.getByRole("textbox", { name: /Reason/ }).fill("Use the shared sandbox");
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("heading", { name: "Denied" }).waitFor();
  await page.goto(link);
  await page.getByText(/Already denied by you/).waitFor();
  assert.equal(await page.locator("form").count(), 0, "there is nothing left to decide");
  await judged(page);
  await closed(page);
}

async function failure(browser) {
  const request = await ask("fraud+fail-quota");
  await fetch(`${server}/api/v1/requests/${request.id}/approve`, { method: "POST" });
  const page = await opened(browser, `${server}/requests/${request.id}`);
  await page.getByRole("heading", { name: "What went wrong" }).waitFor({ timeout: 60_000 });
  await page.getByText(`vend requests retry ${request.short_id}`).waitFor();
  await judged(page);
  await picture(page, "failed-page");
  await closed(page);
}

async function list(browser) {
  const page = await opened(browser, `${server}/requests`);
  assert.ok(await page.locator("tbody tr").count() >= 5);
  await judged(page);
  await picture(page, "requests-page");
  await page.goto(`${server}/requests?state=denied`);
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.goto(`${server}/`);
  await judged(page);
  await closed(page);
}

async function smallAndDark(browser) {
  const request = await ask("small");
  const link = await linkOf(request);
  const page = await opened(browser, link);
  for (const address of [link, `${server}/requests/${request.id}`, `${server}/requests`, `${server}/`]) {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.goto(address);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wider, 0, `${address} is wider than a telephone`);
    await judged(page);
  }
  await page.goto(link);
  await picture(page, "small-dark");
  await closed(page);
}

async function card(browser) {
  const message = execFileSync(slackCard, { input: JSON.stringify(asked), encoding: "utf8" });
  const template = fs.readFileSync(path.join(__dirname, "slack-card.html"), "utf8");
  const page = await browser.newPage();
  await page.setViewportSize({ width: 700, height: 980 });
  await page.setContent(template.replace("{{message}}", message.replaceAll("<", "\\u003c")));
  await page.getByRole("button", { name: "Approve" }).waitFor();
  await page.locator("article").screenshot({ path: path.join(pictures, "slack-card.png") });
  await page.close();
}

// --- what they do it with ---

async function ask(root, more = {}) {
  const answer = await fetch(`${server}/api/v1/requests`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      account_type: "Sandbox", root_email: `${root}@example.com`, organizational_unit: "Sandbox", blueprint: "none",
      purpose: "Trying out a training job",
      requester: { ...ADA, email: `ada.${root.replace("+", "-")}@example.com` }, ...more,
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function show(request) {
  return (await fetch(`${server}/api/v1/requests/${request.id}`)).json();
}

// A page on which any message of the console, any error and any failed request counts.
async function opened(browser, address) {
  const page = await browser.newPage();
  page.trouble = [];
  page.on("console", (message) => page.trouble.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => page.trouble.push(String(error)));
  page.on("requestfailed", (request) => {
    // The live page's event stream ends with the page.
    if (!new URL(request.url()).pathname.endsWith("/live")) page.trouble.push(`${request.url()}: ${request.failure().errorText}`);
  });
  const response = await page.goto(address);
  assert.equal(response.status(), 200, address);
  return page;
}

async function closed(page) {
  // A page that is shown again with its faults is a 422, which Chromium tells as an error.
  const trouble = page.trouble.filter((line) => !line.includes("status of 422"));
  assert.deepEqual(trouble, [], "the console stays empty");
  await page.close();
}

async function tabTo(page, name) {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.name) === name) return;
  }
  throw new Error(`${name} cannot be reached by keyboard`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
