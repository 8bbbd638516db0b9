/* The forms of a ticket's page: each answers with the page's parts anew. Lists to pick queues and people from;
   a new ticket; the keys and commands of all of it. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { closeMenus } from "/static/core/menu.js";
import { addCommands } from "/static/core/palette.js";
import { showPane } from "/static/core/panes.js";
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";
import { everybody, makePick } from "./handover.js";
import { forget, go, standsAt, textOf } from "./navigation.js";
import { getHtml, getJson, parse } from "./net.js";
import { watch } from "./talk.js";
import { currentTicket, looks, renew, showSide } from "./ticket.js";
import { openMacros } from "./ticket_macros.js";
import { openPromise } from "./ticket_promises.js";
import { mayHurry, sendNow, undo, undoable } from "./ticket_undo.js";
import { refreshWork } from "./work.js";

const DONE = { resolved: "Resolved", waiting_on_customer: "Waits for the customer", waiting_on_third_party: "Waits for a third party", visit_booked: "A visit is booked", open: "Open again", closed: "Closed for good" };
const ENDS = { kept: "Kept", withdrawn: "It no longer stands" };
const HANDS = { take: "It is yours", later: "Left for later. It stays yours.", give_back: "Back in line" };

/** Sends a change of the open ticket; answers whether it was taken. */
async function change(path, fields, form = null) {
  const ticket = currentTicket();
  if (!ticket) return false;
  try {
    const { status, html, path: led } = await getHtml(`/desk/tickets/${ticket.id}/${path}?${looks()}`, { part: true, form: fields });
    const nodes = parse(html);
    forget(`/desk/tickets/${ticket.id}`);
    if (status < 400 && !led.startsWith(`/desk/tickets/${ticket.id}/`)) {
      toast("It is with another team now.", { tone: "success" });
      go(led);
      return false;
    }
    if (!nodes.querySelector("[data-ticket]")) {
      toast(textOf(html), { tone: "danger" });
      return false;
    }
    renew(nodes, { sent: form });
    if (status >= 400) document.querySelector("[data-ticket] [role=alert], [data-ticket-side] [role=alert]")?.scrollIntoView({ block: "nearest" });
    return status < 400;
  } catch (error) {
    toast(error.message, { tone: "danger" });
    return false;
  }
}

let sending = "";
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!("ticketPost" in form.dataset)) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  if (fields.has("was") && fields.get("was") === (fields.get("value") ?? "")) return;
  for (const needed of ["text", "tag", "number", "spent"]) if (fields.has(needed) && !fields.get(needed).trim()) return;
  // Enter in a field both changes it and sends its form.
  const said = `${form.action} ${fields}`;
  if (said === sending) return;
  sending = said;
  setTimeout(() => (sending = ""), 800);
  const { name, value } = event.submitter ?? {};
  closeMenus();
  if (!(await change(new URL(form.action).pathname.split("/").slice(4).join("/"), fields, form))) return;
  const told = name === "state" ? DONE[value] : name === "what" ? HANDS[value] : "";
  if (told) toast(told, { tone: "success", seconds: 3 });
  if (name === "what" && ENDS[value]) {
    const again = () => change(new URL(form.action).pathname.split("/").slice(4).join("/"), new URLSearchParams({ what: "again" }));
    toast(ENDS[value], { tone: "success", undo: again });
  }
  if (name === "state" || name === "what") refreshWork().catch(() => {});
});

const customers = {
  searches: true,
  async list(text) {
    if (text.length < 2) return [];
    const { items } = await getJson(`/desk/palette?q=${encodeURIComponent(text)}`);
    return items.filter((one) => one.customer_id).map((one) => ({ id: one.customer_id, kind: "customer", title: one.title, icon: "user-round", group: one.group }));
  },
};
const people = async () => (await everybody()).people;
const myself = () => ({ id: document.documentElement.dataset.reader, kind: "agent", title: "Me", dot: "available" });

const PICKS = {
  queue_id: { title: "Which queue?", word: "Queue", list: async () => (await everybody()).queues, send: ({ id }) => field("queue_id", id, currentTicket().queue) },
  assignee_id: {
    title: "Who takes it?",
    word: "Colleague",
    list: async () => [myself(), ...(await people()), { id: "", kind: "agent", title: "Nobody: back to the line", icon: "undo-2" }],
    send: ({ id }) => field("assignee_id", id, currentTicket().assignee),
  },
  follower: { title: "Who shall follow?", word: "Colleague", list: people, send: ({ id }) => change("followers", new URLSearchParams({ user_id: id })) },
  participant: { title: "Which customer takes part?", word: "Name, e-mail or phone", ...customers, send: ({ id }) => change("participants", new URLSearchParams({ customer_id: id })) },
  new: { title: "Whose ticket is it?", word: "Name, e-mail or phone", ...customers, send: ({ id }) => redraw({ customer_id: id }) },
};

const field = async (name, value, was) => {
  const done = await change("change", new URLSearchParams({ field: name, value, was }));
  refreshWork().catch(() => {});
  return done;
};

function openPick(name) {
  const kind = PICKS[name];
  const form = document.querySelector("#ticket-pick form");
  form.reset();
  document.getElementById("ticket-pick-title").textContent = kind.title;
  const find = form.querySelector("[data-pick-find]");
  find.placeholder = kind.word;
  find.setAttribute("aria-label", kind.word);
  const pick = makePick(form, kind);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const picked = pick.chosen();
    if (!picked) return;
    closeDialog("ticket-pick");
    await kind.send(picked);
  };
  openDialog("ticket-pick");
  find.focus();
}

/** The form of a new ticket anew, with what is in it already. */
function redraw(changes = {}) {
  const form = document.querySelector("[data-new-ticket]");
  if (!form) return;
  const fields = new URLSearchParams(new FormData(form));
  fields.delete("_csrf");
  for (const [name, value] of Object.entries(changes)) fields.set(name, value);
  for (const [name, value] of [...fields]) if (!value) fields.delete(name);
  return go(`/desk/tickets/new?${fields}`, { push: false });
}

/** A new ticket; of the chat that is open, where one is. */
export function newTicket() {
  const talk = document.querySelector("[data-talk]");
  const card = document.querySelector("[data-card]");
  const ticket = currentTicket();
  if (talk && !("ticketId" in talk.dataset)) return go(`/desk/tickets/new?conversation_id=${talk.dataset.talk}`);
  const customer = ticket?.customer ?? card?.dataset.card;
  return go(customer ? `/desk/tickets/new?customer_id=${customer}` : "/desk/tickets/new");
}

document.addEventListener("change", (event) => {
  if ("redraw" in (event.target.dataset ?? {})) redraw();
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-new-ticket]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function side(name) {
  const ticket = currentTicket();
  if (!ticket) return;
  standsAt(name === "ticket" ? `/desk/tickets/${ticket.id}` : `/desk/tickets/${ticket.id}?side=${name}`);
  showPane("customer");
  showSide(name);
}

// Before the desk takes a link for another screen.
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-side-tab]");
  if (!tab || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  side(tab.dataset.sideTab);
}, true);

document.addEventListener("click", async (event) => {
  const hit = (name) => event.target.closest(`[data-${name}]`);
  if (hit("open-macros")) openMacros(currentTicket());
  else if (hit("open-promise")) openPromise(currentTicket());
  else if (hit("pick-for")) openPick(hit("pick-for").dataset.pickFor);
  else if (hit("new-ticket-of")) newTicket();
  else if (hit("new-customer")) redraw({ customer_id: "" });
  else if (hit("side-cursor")) showSide("history", { cursor: hit("side-cursor").dataset.sideCursor });
  else if (hit("take-theirs")) hit("conflict").remove();
  else if (hit("copy-ticket")) {
    await navigator.clipboard?.writeText(`${location.origin}/desk/tickets/${currentTicket().number}`);
    toast("Link copied");
  }
});
document.addEventListener("watched", watch);

const there = (selector) => () => Boolean(currentTicket()) && Boolean(document.querySelector(selector));
const press = (selector) => () => document.querySelector(selector)?.click();
const STEPS = "[data-ticket-head] ";
const composer = (run) => () => {
  showPane("conversation");
  run(currentTicket().composer);
};
const note = (box) => (box.isNote() ? box.toReply() : box.toNote());
const turn = (name) => () => side(currentTicket().side === name ? "ticket" : name);
const into = (id) => () => {
  if (currentTicket().side !== "ticket" && !document.getElementById(id)) return;
  showPane(id === "ticket-subject" ? "conversation" : "customer");
  const place = document.getElementById(id);
  const fold = place?.closest("details");
  if (fold) fold.open = true;
  place?.focus();
  place?.select?.();
};
const priority = () => {
  const menu = document.querySelector('[data-ticket-menu="priority"]');
  menu.open = true;
  menu.querySelector("[aria-pressed=true]")?.focus();
};
const ready = () => Boolean(currentTicket());
// Where words are being changed these keys mean the words.
const emptyOrOut = () => {
  if (document.querySelector("dialog[open]")) return false;
  const field = document.activeElement;
  if (!field?.matches?.("input, textarea, select")) return true;
  return Boolean(field.matches("[data-ticket-composer] textarea")) && currentTicket().composer.isEmpty();
};

const KEYS = [
  ["r", composer((box) => box.toReply()), "Write to the customer", { when: ready }],
  ["n", composer(note), "Note or reply", { when: ready }],
  ["alt+n", composer(note), "Note or reply while writing", { when: ready, inFields: true }],
  ["i", press(`${STEPS}[data-hand=take]`), "Take it, or take it up again", { when: there(`${STEPS}[data-hand=take]`) }],
  ["l", press(`${STEPS}[data-hand=later]`), "Leave it for later", { when: there(`${STEPS}[data-hand=later]`) }],
  ["w", press(`${STEPS}[data-step=waiting_on_customer]`), "Wait for the customer", { when: there(`${STEPS}[data-step=waiting_on_customer]`) }],
  ["e", press(`${STEPS}[data-step=resolved]`), "Resolve", { when: there(`${STEPS}[data-step=resolved]`) }],
  ["e", press(`${STEPS}[data-step=open]`), "Reopen", { when: () => there(`${STEPS}[data-step=open]`)() && !there(`${STEPS}[data-step=resolved]`)() }],
  ["w", press(`${STEPS}[data-step=open]`), "Work on it again", { when: () => there(`${STEPS}[data-step=open]`)() && there(`${STEPS}[data-step=resolved]`)() && !there(`${STEPS}[data-step=waiting_on_customer]`)() }],
  ["p", priority, "Priority", { when: ready }],
  ["t", () => openPick("assignee_id"), "Give it to somebody", { when: ready }],
  ["q", () => openPick("queue_id"), "Queue", { when: ready }],
  ["u", into("ticket-subject"), "Reword the subject", { when: ready }],
  ["#", into("ticket-tag"), "Add a tag", { when: ready }],
  ["b", into("ticket-task"), "Add to the checklist", { when: ready }],
  ["s", press("[data-take-suggested]"), "Take what triage suggests", { when: there("[data-take-suggested]") }],
  ["f", press("[data-follow]"), "Follow", { when: there("[data-follow]") }],
  ["c", turn("customer"), "The customer, and back", { when: ready }],
  ["h", turn("history"), "The history, and back", { when: ready }],
  ["y", () => openMacros(currentTicket()), "Macro", { when: ready }],
  ["alt+y", () => openMacros(currentTicket()), "Macro while writing", { when: ready, inFields: true }],
  ["o", () => openPromise(currentTicket()), "Promise something", { when: ready }],
  ["alt+o", () => openPromise(currentTicket()), "Promise what is being written", { when: ready, inFields: true }],
  ["v", press("[data-promise] [value=kept]"), "A promise is kept", { when: there("[data-promise] [value=kept]") }],
  ["alt+l", composer((box) => box.later()), "Send later", { when: ready, inFields: true }],
  ["ctrl+z", () => undo(), "Take back what is being sent (in an empty box)", { when: () => undoable() && emptyOrOut(), inFields: true }],
  ["ctrl+enter", () => sendNow(), "Don't wait, send it now (in an empty box)", { when: () => mayHurry() && emptyOrOut(), inFields: true }],
  ["x", () => go(`/desk/tickets/${currentTicket().id}/clocks`), "Explain the clocks", { when: ready }],
];

let lively = () => {};
/** Registers the keys and what the palette offers while a ticket is open. */
export function startTickets() {
  for (const [keys, run, label, more] of KEYS) shortcut(keys, run, { label, group: "Ticket", ...more });
  shortcut("g n", newTicket, { label: "New ticket (of this chat, where one is open)", group: "Go to" });
  addCommands([{ title: "New ticket", group: "Go to", icon: "ticket", keys: "g n", words: "create open case", run: newTicket }]);
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest?.("[data-palette]")) return;
    lively();
    lively = addCommands(now());
  });
}

function now() {
  const found = [];
  if (document.querySelector("[data-talk]")) found.push({ title: "Make a ticket of this chat", group: "This conversation", icon: "ticket", keys: "g n", run: newTicket });
  const ticket = currentTicket();
  if (!ticket) return found;
  const group = `Ticket ${ticket.number}`;
  for (const [keys, run, label, { when }] of KEYS) {
    if (when() && !keys.includes("+")) found.push({ title: label, group, icon: "ticket", keys, run });
  }
  for (const button of document.querySelectorAll(`${STEPS}.menu-item[data-step]`)) found.push({ title: button.textContent.trim(), group, icon: "circle-dot", run: () => button.click() });
  for (const priorityButton of document.querySelectorAll('[data-ticket-menu="priority"] .menu-item')) found.push({ title: `Priority: ${priorityButton.textContent.trim()}`, group, icon: "flag", run: () => priorityButton.click() });
  return found;
}

