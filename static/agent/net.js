/* Talking to our own server: fragments, JSON, forms. Says in words what went wrong. Not the socket. */
import { isSignedOut, signedOut } from "./signed_out.js";

const SIGN_IN = "/sign-in";
const LOST = "No connection. What you wrote is kept here; try again in a moment.";
const OUT = "You are signed out. What you wrote is kept here.";

/** What the server refused, or that it could not be reached (status 0). */
export class Refused extends Error {
  constructor(status, message, { code = "", html = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.html = html;
  }
}

export const csrf = () => document.body.dataset.csrf;

async function reach(path, options) {
  if (isSignedOut()) throw new Refused(401, OUT, { code: "not_signed_in" });
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, LOST, { code: "unreachable" });
  }
  if (answer.status === 401 || new URL(answer.url).pathname === SIGN_IN) {
    signedOut();
    throw new Refused(401, OUT, { code: "not_signed_in" });
  }
  return answer;
}

async function problem(answer) {
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // Not ours: a proxy's page, say.
  }
  const field = Object.values(told.fields ?? {})[0];
  return new Refused(answer.status, field || told.detail || "That did not work. Try again in a moment.", told);
}

/** GET of JSON. */
export async function getJson(path, { signal } = {}) {
  const answer = await reach(path, { signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw await problem(answer);
  return answer.json();
}

/** POST of JSON, answered by JSON. `keepalive`: also while the page goes away. */
export async function postJson(path, body = {}, { keepalive = false } = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrf() };
  const answer = await reach(path, { method: "POST", headers, body: JSON.stringify(body), keepalive });
  if (!answer.ok) throw await problem(answer);
  return answer.json();
}

/** A fragment; with `part` the parts of a screen. Answers {status, html, path}: where redirects led. */
export async function getHtml(path, { part = false, signal, form = null } = {}) {
  const headers = { Accept: "text/html", "HX-Request": "true" };
  if (part) headers["X-Part"] = "1";
  const options = { headers, signal };
  if (form) Object.assign(options, { method: "POST", body: form, headers: { ...headers, "X-CSRF-Token": csrf() } });
  const answer = await reach(path, options);
  const at = new URL(answer.url);
  return { status: answer.status, html: await answer.text(), path: at.pathname + at.search };
}

/** Server-rendered HTML as nodes; scripts in it never run. */
export function parse(html) {
  const read = new DOMParser().parseFromString(html, "text/html");
  const nodes = document.createDocumentFragment();
  nodes.append(...document.importNode(read.body, true).childNodes);
  return nodes;
}
