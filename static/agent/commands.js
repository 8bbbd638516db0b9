/* Every action of the desk with its key, and the same in the palette. */
import { addCommands, openPalette } from "/static/core/palette.js";
import { showPane } from "/static/core/panes.js";
import { shortcut, showShortcuts } from "/static/core/shortcuts.js";
import { setTheme } from "/static/core/theme.js";
import { toast, undoLast } from "/static/core/toast.js";
import { openHandover } from "./handover.js";
import { listenIn } from "./phone.js";
import { go, reload } from "./navigation.js";
import { postJson } from "./net.js";
import { accept, decline, firstOffer } from "./offers.js";
import { setPresence } from "./presence.js";
import { toggle } from "./settings.js";
import { ask } from "./socket.js";
import { current } from "./talk.js";
import { undo } from "./ticket_undo.js";
import { goToRow, rows, step } from "./work.js";

const END_AFTER = 4;
const ending = new Map();
const mine = () => Boolean(current()?.isMine);
const mayHandOver = () => Boolean(document.querySelector("[data-transfer]"));
const offered = () => Boolean(firstOffer());
const free = () => !document.activeElement || document.activeElement === document.body || !document.activeElement.matches("a, button, summary, input, textarea, select, [role=option]");

/** Ends the chat after a moment in which it can be taken back; a second time at once. */
export async function endChat() {
  const talk = current();
  if (!talk || !document.querySelector("[data-end]")) return;
  if (talk.channel === "call" || talk.channel === "callback" || !talk.isMine) return ask("conversation.end", { conversation_id: talk.id }).catch((error) => toast(error.message, { tone: "danger" }));
  const now = ending.get(talk.id);
  if (now) return now();
  let undone = false;
  const finish = async () => {
    if (undone || !ending.delete(talk.id)) return;
    try {
      await ask("conversation.end", { conversation_id: talk.id });
      if (current()?.id === talk.id) await reload();
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  };
  ending.set(talk.id, finish);
  await toast("The chat ends", {
    seconds: END_AFTER,
    undo: () => {
      undone = true;
      ending.delete(talk.id);
    },
  });
  await finish();
}

async function takeOver() {
  const talk = current();
  if (!talk) return;
  try {
    await postJson(`/desk/conversations/${talk.id}/take-over`);
    toast("It is offered to you now. Press A to accept.");
    await reload();
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

async function leave() {
  const talk = current();
  if (!talk) return;
  await postJson(`/desk/conversations/${talk.id}/leave`).catch((error) => toast(error.message, { tone: "danger" }));
  go("/desk");
}

async function copyLink() {
  const talk = current();
  if (!talk) return;
  await navigator.clipboard?.writeText(`${location.origin}/desk/conversations/${talk.id}`);
  toast("Link copied");
}

const focusComposer = () => {
  showPane("conversation");
  current()?.composer?.focus();
};
// A chat opens with the cursor in the composer, where letters are text; Escape gives the keys back.
const writing = () => Boolean(document.activeElement?.matches?.("[data-composer] textarea")) && !document.querySelector("dialog[open]");
const leaveText = () => document.activeElement.blur();
const note = () => {
  const composer = current()?.composer;
  if (composer?.isNote()) composer.toReply();
  else composer?.toNote();
};
const record = () => {
  const card = document.querySelector("[data-card]");
  if (card) go(`/desk/customers/${card.dataset.card}`);
};

const KEYS = [
  ["a", () => accept(firstOffer()), "Accept the offer", "Offers", { when: offered }],
  ["enter", () => accept(firstOffer()), "", "Offers", { when: () => offered() && free() }],
  ["alt+a", () => accept(firstOffer()), "Accept it while writing", "Offers", { inFields: true, when: offered }],
  ["d", () => decline(firstOffer()), "Decline the offer", "Offers", { when: offered }],
  ["m", () => toggle("sound"), "Sound on or off", "Offers"],
  ["alt+arrowdown", () => step(1), "Next conversation", "My work", { inFields: true }],
  ["alt+arrowup", () => step(-1), "Previous conversation", "My work", { inFields: true }],
  ["j", () => step(1), "", "My work"],
  ["k", () => step(-1), "", "My work"],
  ["escape", leaveText, "Leave the text, for the keys below", "Conversation", { inFields: true, when: writing }],
  ["r", focusComposer, "Write a reply", "Conversation", { when: () => Boolean(current()?.composer) }],
  ["n", note, "Note or reply", "Conversation", { when: () => Boolean(current()?.composer) }],
  ["alt+n", note, "Note or reply while writing", "Conversation", { inFields: true, when: () => Boolean(current()?.composer) }],
  ["t", () => openHandover("transfer"), "Transfer", "Conversation", { when: mayHandOver }],
  ["c", () => openHandover("consult"), "Bring in a colleague", "Conversation", { when: mayHandOver }],
  ["e", endChat, "End, or end the call", "Conversation", { when: mine }],
  ["o", record, "Open the customer's record", "Conversation", { when: () => Boolean(document.querySelector("[data-card]")) }],
  ["s", () => openPalette(), "Search", "General"],
  ["/", () => openPalette(), "", "General"],
  ["z", () => undoLast() || undo(), "Undo the last", "General"],
  ["g d", () => go("/desk"), "Desk", "Go to"],
  ["g c", () => go("/desk/customers"), "Customers", "Go to"],
  ["g s", () => go("/desk/search"), "Search with filters", "Go to"],
  ["g b", () => go("/desk/notices"), "Notices", "Go to"],
  ["g a", () => location.assign("/knowledge"), "Articles (knowledge)", "Go to"],
];

export function startCommands() {
  for (const [keys, run, label, group, more] of KEYS) shortcut(keys, run, { label: label || undefined, group, ...more });
  for (let number = 1; number <= 9; number += 1) {
    for (const mark of ["ctrl", "alt"]) {
      shortcut(`${mark}+${number}`, () => goToRow(number), { label: number === 1 && mark === "ctrl" ? "First conversation, and so on to 9" : undefined, group: "My work", inFields: true, when: () => rows().length >= number });
    }
  }
  const role = document.body.dataset.role;
  shortcut("g o", () => location.assign("/dispatch"), { label: "Dispatch board", group: "Go to" });
  if (role !== "agent") shortcut("g f", () => go("/floor"), { label: "Floor", group: "Go to" });
  if (role !== "agent") {
    shortcut("g r", () => go("/desk/returns"), { label: "Returns", group: "Go to" });
    shortcut("g k", () => go("/desk/complaints"), { label: "Complaints", group: "Go to" });
  }
  addCommands([...pages(role), ...presences(), ...themes()]);
  document.addEventListener("focusin", offerLive);
}

// What can be done now changes with the screen; the list is made when the palette is opened.
let lively = () => {};
function offerLive(event) {
  if (!event.target.closest?.("[data-palette]") || event.target.dataset.lively) return;
  lively();
  lively = addCommands(now());
}

function now() {
  const found = [];
  if (offered()) found.push({ title: "Accept the offer", group: "Now", icon: "check", keys: "a", run: () => accept(firstOffer()) }, { title: "Decline the offer", group: "Now", icon: "x", keys: "d", run: () => decline(firstOffer()) });
  if (current()?.composer) found.push({ title: "Write a reply", group: "This conversation", icon: "reply", keys: "r", run: focusComposer }, { title: "Write a note", group: "This conversation", icon: "lock", keys: "n", words: "internal whisper", run: () => current()?.composer?.toNote() });
  if (mayHandOver()) found.push({ title: "Transfer", group: "This conversation", icon: "arrow-left-right", keys: "t", words: "hand over", run: () => openHandover("transfer") }, { title: "Bring in a colleague", group: "This conversation", icon: "users", keys: "c", words: "ask consult help", run: () => openHandover("consult") });
  const spoken = ["call", "callback"].includes(current()?.channel);
  if (mine()) found.push({ title: spoken ? "End call" : "End", group: "This conversation", icon: spoken ? "phone-off" : "circle-check", keys: "e", words: "close finish", run: endChat });
  if (current()) found.push({ title: "Why me? Why this long?", group: "This conversation", icon: "route", run: () => go(`/desk/conversations/${current().id}/why`) }, { title: "Belongs to another customer", group: "This conversation", icon: "user-cog", words: "link move", run: () => openHandover("link") });
  rows().forEach((row, at) => {
    found.push({ title: row.querySelector(".work-name").textContent, group: "My work", icon: "message-circle", keys: at < 9 ? `ctrl+${at + 1}` : "", words: row.querySelector("[data-row-preview]").textContent, run: () => go(row.getAttribute("href")) });
  });
  return found;
}

function pages(role) {
  const found = [
    { title: "Desk", group: "Go to", icon: "inbox", keys: "g d", run: () => go("/desk") },
    { title: "Customers", group: "Go to", icon: "users", keys: "g c", run: () => go("/desk/customers") },
    { title: "Search with filters", group: "Go to", icon: "search", keys: "g s", words: "find saved", run: () => go("/desk/search") },
    { title: "Notices", group: "Go to", icon: "bell", keys: "g b", words: "bell told mentioned", run: () => go("/desk/notices") },
    { title: "Knowledge", group: "Go to", icon: "book-open", keys: "g a", words: "articles write help centre", href: "/knowledge" },
    { title: "New customer", group: "Go to", icon: "user-plus", run: () => go("/desk/customers/new") },
    { title: "Possible duplicates", group: "Go to", icon: "git-merge", run: () => go("/desk/duplicates") },
    { title: "Keyboard shortcuts", group: "General", icon: "keyboard", keys: "?", run: showShortcuts },
    { title: "Sound on or off", group: "General", icon: "volume-2", keys: "m", run: () => toggle("sound") },
    { title: "My account", group: "Go to", icon: "user-cog", href: "/account" },
  ];
  found.push({ title: "Dispatch board", group: "Go to", icon: "map-pin", keys: "g o", words: "visits technicians plan map routes", href: "/dispatch" });
  if (role !== "agent") found.push({ title: "Floor", group: "Go to", icon: "activity", keys: "g f", words: "supervisor live queues agents", run: () => go("/floor") }, { title: "Wallboard", group: "Go to", icon: "layout-dashboard", href: "/floor/wall" });
  if (role !== "agent") found.push({ title: "Returns", group: "Go to", icon: "undo-2", keys: "g r", words: "orders back due", run: () => go("/desk/returns") }, { title: "Complaints", group: "Go to", icon: "flag", keys: "g k", words: "escalated due", run: () => go("/desk/complaints") });
  if (role === "admin") {
    for (const [title, href, icon] of [["Users", "/admin/users", "user-cog"], ["Teams", "/admin/teams", "users"], ["Queues", "/admin/queues", "layers"], ["Skills", "/admin/skills", "graduation-cap"], ["Opening hours", "/admin/hours", "calendar-clock"], ["Chat on web sites", "/admin/sites", "globe"], ["Canned replies", "/admin/canned", "message-square-quote"]]) {
      found.push({ title, group: "Admin", icon, href });
    }
  }
  return found;
}

function presences() {
  return [...document.querySelectorAll("[data-presence-form] button[name=state]")].map((button) => ({
    title: `I am: ${button.textContent.trim()}`,
    group: "Presence",
    icon: "circle-dot",
    words: `presence ${button.value}`,
    run: () => setPresence(button.value),
  }));
}

function themes() {
  return [["Light", "light", "sun"], ["Dark", "dark", "moon"], ["Like this device", "system", "monitor"]].map(([word, value, icon]) => ({
    title: `Theme: ${word.toLowerCase()}`,
    group: "General",
    icon,
    words: "theme dark light",
    run: () => setTheme(value),
  }));
}

document.addEventListener("click", (event) => {
  const hit = (name) => event.target.closest(`[data-${name}]`);
  if (hit("transfer")) openHandover("transfer");
  else if (hit("consult")) openHandover("consult");
  else if (hit("link-customer")) openHandover("link");
  else if (hit("end")) endChat();
  else if (hit("take-over")) takeOver();
  else if (hit("listen-in")) listenIn(current().id);
  else if (hit("leave")) leave();
  else if (hit("copy-link")) copyLink();
  else if (hit("shortcuts")) showShortcuts();
});
