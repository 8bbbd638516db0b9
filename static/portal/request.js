/* A new request: articles that may answer it while it is written, each read without losing the form,
   and a draft that lasts as long as the tab. Whatever fails here, the form sends as it is. */
const AFTER = 350;
const LEAST = 3;
const LONGEST = 600;
const DRAFT = "helpdesk-request";

const form = document.querySelector("[data-request]");
if (document.querySelector("[data-request-done]")) keep(null);
if (form) write();

function write() {
  const reader = document.documentElement.dataset.reader;
  const offer = form.elements.offer;
  const typed = [form.elements.subject, form.elements.text];
  restore();
  form.addEventListener("input", (event) => {
    if (typed.includes(event.target)) save();
  });
  const place = document.querySelector("[data-offers]");
  if (!place) return;
  offer.value ||= "script";
  suggest(place, offer, typed);

  function save() {
    const [subject, text] = typed.map((one) => one.value);
    keep(subject || text ? JSON.stringify({ reader, kind: form.dataset.request, subject, text }) : null);
  }
  function restore() {
    if (typed.some((one) => one.value)) return save();
    try {
      const kept = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
      if (kept?.reader !== reader || kept.kind !== form.dataset.request) return;
      for (const one of typed) one.value = kept[one.name] ?? "";
    } catch {
      // No storage, no draft.
    }
  }
}

function keep(text) {
  try {
    if (text) sessionStorage.setItem(DRAFT, text);
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // No storage, no draft.
  }
}

function suggest(place, offer, typed) {
  const said = place.querySelector("[data-offers-said]");
  const list = place.querySelector("[data-offers-list]");
  const sheet = document.getElementById("offer");
  const done = document.querySelector("[data-no-need]");
  const seen = new Set();
  let waiting = null;
  let asked = "";
  let shown = "";
  let article = "";

  for (const one of typed) one.addEventListener("input", soon);
  form.addEventListener("submit", () => clearTimeout(waiting));
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    read(link);
  });
  sheet.querySelector("[data-answered]").addEventListener("click", () => {
    sheet.close();
    finish(true);
  });
  done.querySelector("[data-still]").addEventListener("click", () => finish(false));
  if (typed[0].value) soon();

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, AFTER);
  }

  async function ask() {
    const words = typed.map((one) => one.value.trim().slice(0, LONGEST));
    const now = words.join("\n");
    if (now === asked || now.trim().length < LEAST) return;
    asked = now;
    const [subject, text] = words;
    const sent = { subject, text, seen: [...seen].join(" "), offer: offer.value === "script" ? "" : offer.value };
    try {
      const answer = await post("/portal/requests/suggestions", sent);
      if (answer.status !== 200 || now !== asked) return;
      put(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-offer]"));
    } catch {
      // Nothing is offered, and nothing is held up.
    }
  }

  function put(found) {
    const ids = [...found.querySelectorAll("[data-article]")].map((one) => one.dataset.article);
    // Whoever stands in the list must not lose it under their hands.
    if (ids.join() === shown || list.contains(document.activeElement)) return;
    shown = ids.join();
    if (ids.length) offer.value = found.dataset.offer;
    for (const id of ids) seen.add(id);
    list.replaceChildren(...(ids.length ? [document.importNode(found, true)] : []));
    const word = ids.length === 0 ? "none" : ids.length === 1 ? "one" : "many";
    said.textContent = said.dataset[word].replace("{number}", ids.length);
  }

  async function read(link) {
    const [title, body] = [sheet.querySelector("#offer-title"), sheet.querySelector(".kb-article")];
    article = link.dataset.article;
    title.textContent = link.textContent.trim();
    title.lang = body.lang = link.lang;
    sheet.querySelector("a[target]").href = link.href;
    body.replaceChildren();
    sheet.showModal();
    title.focus();
    sheet.addEventListener("close", () => link.isConnected && form.checkVisibility() && link.focus(), { once: true });
    try {
      const answer = await fetch(link.href);
      const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
      body.replaceChildren(...document.importNode(page.querySelector(".kb-article"), true).childNodes);
      for (const one of body.querySelectorAll("a")) Object.assign(one, { target: "_blank", rel: "noopener" });
    } catch {
      body.textContent = sheet.dataset.failed;
    }
  }

  async function finish(answered) {
    form.hidden = answered;
    done.hidden = !answered;
    (answered ? done : typed[1]).focus();
    const told = { offer: offer.value, ...(answered ? { article } : { undo: "1" }) };
    try {
      await post("/portal/requests/answered", told);
    } catch {
      // It is not counted; that is all.
    }
  }

  function post(path, values) {
    const body = new URLSearchParams({ _csrf: form.elements._csrf.value, ...values });
    return fetch(path, { method: "POST", body, headers: { Accept: "text/html" } });
  }
}
