// Sign-in with an independent issuer. Called by .ci/oidc; fails with a sentence at the first
// thing that is not as promised.
"use strict";
const assert = require("node:assert/strict");
const { execFile } = require("node:child_process");
const { generateKeyPairSync, randomUUID } = require("node:crypto");
const http = require("node:http");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const { APPROVER, FLAGS, judged, mailedLink, photographer } = require("./browser.cjs");

const [server, issuer, outbox, pictures, vend] = process.argv.slice(2);
const picture = photographer(pictures);
const linkOf = (request) => mailedLink(server, outbox, request);
const ADA = "ada@example.com";
const KEYS = Object.fromEntries([
  ["rsa", "rsa", { modulusLength: 2048 }], ["p256", "ec", { namedCurve: "P-256" }],
  ["p384", "ec", { namedCurve: "P-384" }], ["ed", "ed25519", {}],
].map(([kid, kind, options]) => [kid, { ...generateKeyPairSync(kind, options), kid }]));
const jwk = (key) => ({ ...key.privateKey.export({ format: "jwk" }), kid: key.kid, use: "sig" });
const module_ = (name) => import(pathToFileURL(require.resolve(name)).href);

let jose;
let browser;

async function main() {
  jose = await module_("jose");
  const provider = await startIssuer();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: FLAGS });
  try {
    for (const [what, check] of Object.entries(CHECKS)) {
      await check();
      console.log(`ok  ${what}`);
    }
  } finally {
    await browser.close();
    provider.close();
    provider.closeAllConnections();
  }
}

const CHECKS = {
  "vend doctor finds the issuer in order": doctor,
  "tokens jose signed are taken in every algorithm, and bad ones are not": tokens,
  "an access token the issuer gave a program is taken, with its scope": program,
  "an approver follows the link, signs in at the issuer and approves": approver,
  "a page on another port cannot decide in the approver's name": anotherSite,
  "whoever signs in as somebody else meets the link in vain": somebodyElse,
  "a sign-in that is refused at the issuer ends with a sentence": refused,
};

// --- what the checks do ---

async function doctor() {
  const report = await run(["doctor", "--json"]);
  const line = (name) => report.checks.find((one) => one.check === name);
  assert.equal(line("issuer").state, "green", JSON.stringify(line("issuer")));
  assert.match(line("sign-in").found, new RegExp(`register ${server}/sign-in/callback`));
}

async function tokens() {
  const status = async (token) => (await fetch(`${server}/api/v1/requests`, bearer(token))).status;
  const algorithms = { RS256: "rsa", RS384: "rsa", RS512: "rsa", PS256: "rsa", PS384: "rsa", PS512: "rsa", ES256: "p256",
    ES384: "p384", EdDSA: "ed", Ed25519: "ed" };
  for (const [alg, kid] of Object.entries(algorithms)) {
    assert.equal(await status(await signed(ADA, { alg, kid })), 200, alg);
    const forged = generateKeyPairSync(...{ rsa: ["rsa", { modulusLength: 2048 }], p256: ["ec", { namedCurve: "P-256" }],
      p384: ["ec", { namedCurve: "P-384" }], ed: ["ed25519"] }[kid]).privateKey;
    assert.equal(await status(await signed(ADA, { alg, kid }, {}, forged)), 401, `${alg} with another key`);
  }
  const pem = new TextEncoder().encode(KEYS.rsa.publicKey.export({ type: "spki", format: "pem" }));
  assert.equal(await status(await signed(ADA, { alg: "HS256", kid: "rsa" }, {}, pem)), 401, "HS256 with the public key");
  assert.equal(await status(new jose.UnsecuredJWT({ email: ADA }).setIssuer(issuer).setAudience("vend")
    .setExpirationTime("5m").encode()), 401, "none");
  const good = { alg: "ES256", kid: "p256" };
  for (const claims of [{ iss: "https://evil.example" }, { aud: "other" }, { exp: 1 }, { nbf: 4102444800 }, { email: undefined },
    { email_verified: false }]) {
    assert.equal(await status(await signed(ADA, good, claims)), 401, JSON.stringify(claims));
  }
}

async function program() {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from("robot:robots+secret").toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: "urn:vend", scope: "read" }),
  });
  const { access_token: token } = await answer.json();
  assert.equal(jose.decodeProtectedHeader(token).typ, "at+jwt", "the issuer makes access tokens of the kind RFC 9068 names");
  assert.equal((await fetch(`${server}/api/v1/requests`, bearer(token))).status, 200);
  const made = await fetch(`${server}/api/v1/requests`, { ...bearer(token), method: "POST", body: "{}" });
  assert.equal(made.status, 403, "it may read only");
}

async function approver() {
  const request = await ask("signed");
  const link = await linkOf(request);
  const context = await browser.newContext({ viewport: { width: 1180, height: 820 } });
  const page = await watched(context);
  assert.equal((await page.goto(link)).status(), 401);
  await judged(page);
  await picture(page, "sign-in-page");
  await signIn(page, APPROVER);
  assert.equal(page.url(), link, "back where they wanted to go");
  await page.getByText(`You decide as ${APPROVER}`).waitFor();
  assert.equal(await page.getByRole("textbox", { name: /name of the account/ }).count(), 0, "nothing to type");
  assert.equal(await page.locator("script").count(), 0, "no script on the approval page");
  await judged(page);
  await picture(page, "approval-signed-in");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  await judged(page);
  const [said] = (await show(request)).decisions;
  assert.deepEqual([said.by, said.channel, said.decision], [APPROVER, "web", "approve"]);
  const [cookie] = (await context.cookies(server)).filter((one) => one.name === "vend-session");
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Lax", "/"]);
  const hours = (cookie.expires - Date.now() / 1000) / 3600;
  assert.ok(hours > 7.9 && hours <= 8, `${hours} hours`);
  await page.getByRole("link", { name: /Follow/ }).click();
  await page.locator(".pill", { hasText: "ready" }).waitFor({ timeout: 60_000 });
  await page.goto(`${server}/requests`);
  await page.getByRole("link", { name: request.account_name }).waitFor();
  await judged(page);
  await picture(page, "requests-signed-in");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  assert.equal((await page.goto(`${server}/requests`)).status(), 401);
  await closed(page);
  await context.close();
}

async function anotherSite() {
  const request = await ask("attacked");
  const context = await browser.newContext();
  const page = await watched(context);
  await page.goto(await linkOf(request));
  await signIn(page, APPROVER);
  // The worst case: the attacker even knows the token of this very page.
  const known = await page.locator('input[name="f"]').inputValue();
  for (const host of ["127.0.0.1", "localhost"]) {
    const action = `${server}/account/confirm/${request.id}`;
    const evil = await served(`<form method="post" action="${action}"><input name="t" value=""><input name="f" value="${known}">
      <button name="decision" value="approve">Win a prize</button></form>`);
    const trap = await context.newPage();
    await trap.goto(`http://${host}:${evil.address().port}/`);
    const [answer] = await Promise.all([trap.waitForNavigation(), trap.getByRole("button").click()]);
    // To a browser another port is the same site, and the cookie goes along; another name is not.
    assert.equal(answer.status(), host === "127.0.0.1" ? 403 : 401, host);
    assert.equal((await show(request)).state, "pending", `posted from ${host}`);
    await trap.close();
    evil.close();
    evil.closeAllConnections();
  }
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Approved" }).waitFor();
  await context.close();
}

async function somebodyElse() {
  const request = await ask("forwarded");
  const context = await browser.newContext();
  const page = await watched(context);
  await page.goto(await linkOf(request));
  await signIn(page, "eve@example.com");
  await page.getByText(/sent to somebody else/).waitFor();
  assert.equal((await page.goto(`${server}/requests/${request.id}`)).status(), 404);
  assert.equal((await show(request)).state, "pending");
  await context.close();
}

async function refused() {
  const context = await browser.newContext();
  const page = await watched(context);
  await page.goto(`${server}/requests`);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("link", { name: /Cancel/ }).click();
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await judged(page);
  assert.deepEqual(await context.cookies(server), [], "nothing is left in the browser");
  await context.close();
}

// --- what they do it with ---

async function startIssuer() {
  const { default: Provider } = await module_("oidc-provider");
  const warn = console.warn;
  console.warn = () => {}; // that its pages are for development
  const client = { grant_types: ["authorization_code"], response_types: ["code"], id_token_signed_response_alg: "ES256" };
  const provider = new Provider(issuer, {
    clients: [
      { ...client, client_id: "vend-web", client_secret: process.env.OIDC_SECRET, redirect_uris: [`${server}/sign-in/callback`] },
      { client_id: "robot", client_secret: "robots secret", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
    ],
    jwks: { keys: Object.values(KEYS).map(jwk) },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true }) }),
    extraTokenClaims: () => ({ email: "robot@example.com" }),
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: "read request", audience: "vend", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } }),
      },
    },
    cookies: { keys: [randomUUID()] },
    ttl: Object.fromEntries(["AccessToken", "ClientCredentials", "Grant", "IdToken", "Interaction", "Session"].map((kind) => [kind, 600])),
  });
  console.warn = warn;
  provider.on("server_error", (_, error) => console.error("the issuer:", error));
  return new Promise((resolve) => { const listening = provider.listen(new URL(issuer).port, "127.0.0.1", () => resolve(listening)); });
}

// Through the issuer's own pages: name, any password, consent.
async function signIn(page, email) {
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.locator('input[name="login"]').fill(email);
  await page.locator('input[name="password"]').fill("any");
  await page.getByRole("button", { name: /Sign-in/ }).click();
  await Promise.all([page.waitForURL(`${server}/**`), page.getByRole("button", { name: /Continue/ }).click()]);
}

function signed(email, header, claims = {}, key = KEYS[header.kid].privateKey) {
  const jwt = new jose.SignJWT({ iss: issuer, aud: "vend", sub: email, email, email_verified: true,
    exp: Math.floor(Date.now() / 1000) + 300, ...claims });
  return jwt.setProtectedHeader(header).sign(key);
}

function bearer(token) {
  return { headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } };
}

async function ask(root) {
  const token = await signed(ADA, { alg: "EdDSA", kid: "ed" });
  const answer = await fetch(`${server}/api/v1/requests`, {
    ...bearer(token), method: "POST",
    body: JSON.stringify({
      account_type: "Sandbox", root_email: `${root}@example.com`, organizational_unit: "Sandbox", blueprint: "none",
      purpose: "Trying out a training job", requester: { email: ADA, first_name: "Ada", last_name: "Lovelace" },
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function show(request) {
  return (await fetch(`${server}/api/v1/requests/${request.id}`, bearer(await signed(ADA, { alg: "EdDSA", kid: "ed" })))).json();
}

// The issuer answers from this very process meanwhile.
function run(args) {
  return new Promise((resolve) => execFile(vend, args, (_, stdout) => resolve(JSON.parse(stdout))));
}

function served(html) {
  const evil = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end(html));
  return new Promise((resolve) => { evil.listen(0, () => resolve(evil)); });
}

// A page on which any error of a page of ours counts.
async function watched(context) {
  const page = await context.newPage();
  page.trouble = [];
  page.on("console", (message) => { if (page.url().startsWith(server)) page.trouble.push(`${message.type()}: ${message.text()}`); });
  page.on("pageerror", (error) => { if (page.url().startsWith(server)) page.trouble.push(String(error)); });
  return page;
}

async function closed(page) {
  // A page that asks for a sign-in is a 401, which Chromium tells as an error.
  assert.deepEqual(page.trouble.filter((line) => !line.includes("status of 401")), [], "the console stays empty");
  await page.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
