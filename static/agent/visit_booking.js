/* Booking a visit in a panel beside whatever is open: the call, the chat or the ticket stay in use, with
   their keys, so it is no <dialog>.
   The server draws each step; here are only the keys, the focus, and looking for further windows. */
import { addCommands } from "/static/core/palette.js";
import { shortcut } from "/static/core/shortcuts.js";
import { refreshTimes } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { getHtml, parse } from "./net.js";
import { go, reload } from "./navigation.js";
import { visible } from "./words.js";

const EVERY = 2000;
const sheet = () => document.getElementById("book-visit");
const body = () => sheet().querySelector("[data-book-body]");
const isOpen = () => sheet()?.hidden === false;
let before = null;
let looking = 0;

/** Whom it is for, as the screen says: the ticket's customer, else the one whose card is open. */
function here() {
  const ticket = document.querySelector("[data-ticket]");
  const button = document.querySelector("[data-book-visit]");
  const talk = document.querySelector("[data-talk]");
  const customer = button?.dataset.customer ?? talk?.dataset.customer ?? document.querySelector("[data-card]")?.dataset.card;
  if (!customer) return null;
  return { customer, ticket: ticket?.dataset.ticket ?? talk?.dataset.ticketId ?? "", visit: button?.dataset.visitId ?? "" };
}

async function open(wanted) {
  if (!wanted) return;
  if (!isOpen()) {
    before = document.activeElement;
    sheet().hidden = false;
  }
  await show(`/desk/visits/book?${new URLSearchParams(wanted)}`);
}

function close() {
  clearTimeout(looking);
  const done = body().querySelector("[data-book-done]");
  // What was kept for a customer who did not want it is free for others at once.
  const kept = body().querySelector("[data-book-kept] form[action$='/release']");
  if (kept) getHtml(kept.getAttribute("action"), { form: new FormData(kept) }).catch(() => {});
  sheet().hidden = true;
  body().replaceChildren();
  if (before?.isConnected) before.focus();
  if (done) reload().catch(() => {}); // the screen behind shows the visit
}

async function show(path, form = null) {
  clearTimeout(looking);
  sheet().setAttribute("aria-busy", "true");
  try {
    const answer = await getHtml(path, { form });
    if (!answer.html.includes("data-book-")) throw new Error("That did not work. Try again in a moment.");
    put(answer.html);
    focusFirst();
  } catch (error) {
    toast(error.message, { tone: "danger" });
  } finally {
    sheet().removeAttribute("aria-busy");
  }
}

function put(html) {
  body().replaceChildren(parse(html));
  for (const text of body().querySelectorAll("[data-outside]")) text.textContent = visible(text.textContent);
  refreshTimes(body());
  lookOn();
}

function focusFirst() {
  const wrong = body().querySelector("[aria-invalid=true]");
  const first = wrong ?? body().querySelector("[data-book-yes], [data-slot], select, input:not([type=hidden]), [data-book-close]");
  first?.focus();
}

/* More windows may be found while the customer thinks: they come in without moving the focus. */
function lookOn() {
  const windows = body().querySelector("[data-book-windows]");
  if (windows?.dataset.looking !== "yes") return;
  looking = setTimeout(async () => {
    const path = `/desk/visits/windows/${windows.dataset.bookWindows}`;
    const answer = await getHtml(path).catch(() => null);
    if (!isOpen() || !windows.isConnected) return;
    if (answer?.status !== 200) return lookOn();
    const slot = document.activeElement?.dataset?.slot;
    put(answer.html);
    if (slot) body().querySelector(`[data-slot="${CSS.escape(slot)}"]`)?.focus();
  }, EVERY);
}

function nth(number) {
  body().querySelector(`[data-nth="${number}"]`)?.click();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("[data-book-step]");
  if (!form) return;
  event.preventDefault();
  if (sheet().getAttribute("aria-busy")) return;
  show(form.getAttribute("action"), new FormData(form));
});

// The button promises Enter; a browser would do nothing with it in a list of choices.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-book-step] select")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  const at = (name) => event.target.closest?.(`[data-book-${name}]`);
  const start = at("visit") ?? at("again");
  if (start) return open({ customer: start.dataset.customer ?? "", ticket: start.dataset.forTicket ?? "", visit: start.dataset.visitId ?? "" });
  if (at("close")) return close();
  const link = event.target.closest?.("#book-visit a[href^='/desk/']");
  if (!link) return;
  event.preventDefault();
  const path = link.getAttribute("href");
  close();
  go(path);
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
});

document.addEventListener("countdown:end", (event) => {
  const kept = event.target.closest?.("[data-book-kept]");
  if (!kept) return;
  toast("The time was kept long enough and is free again. Choose anew.");
  show(`/desk/visits/windows/${kept.dataset.bookKept}`);
});

export function startVisits() {
  const bookable = () => !isOpen() && Boolean(here());
  const inside = () => isOpen() && sheet().contains(document.activeElement);
  const choosing = () => inside() && Boolean(body().querySelector("[data-nth]"));
  shortcut("alt+v", () => open(here()), { label: "Book a visit", group: "Conversation", inFields: true, when: bookable });
  shortcut("escape", close, { inFields: true, when: inside });
  for (let number = 1; number <= 9; number += 1) shortcut(String(number), () => nth(number), { when: choosing });
  shortcut("g v", () => go("/desk/visits"), { label: "Visits", group: "Go to" });
  addCommands([
    { title: "Visits", group: "Go to", icon: "truck", keys: "g v", words: "field technician appointment", run: () => go("/desk/visits") },
    { title: "Book a visit", group: "Go to", icon: "calendar-clock", keys: "alt+v", words: "appointment technician slot", run: () => (here() ? open(here()) : toast("Open a customer, a ticket or a conversation first.")) },
  ]);
}
