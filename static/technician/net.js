/* Asking the server. Answers nothing but facts: what came, or why nothing did. */

export class Away extends Error {} // no net, or nobody answers
export class SignedOut extends Error {} // the session has ended
export class NotTechnician extends Error {}
export class Stale extends Error {} // the mark against foreign pages is an old one

const PATIENCE_MS = 25_000;
let mark = "";

export function use_mark(text) {
  mark = text ?? "";
}

export async function ask(path, { method = "GET", json, bytes } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = mark;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: json === undefined ? bytes : JSON.stringify(json),
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Away();
  }
  return read(answer);
}

async function read(answer) {
  const told = await answer.json().catch(() => null);
  if (answer.status === 401) throw new SignedOut();
  if (answer.status === 403) throw told?.code === "csrf" || told?.code === "foreign_origin" ? new Stale() : new NotTechnician();
  if (told?.code === "no_technician") throw new NotTechnician();
  if (answer.status >= 500 || answer.status === 429 || told === null) throw new Away();
  return { status: answer.status, told };
}
