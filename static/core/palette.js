/* Ctrl-K: finds a command, a page or a record and goes there. Commands come from the page (the palette
   macro), from script (addCommands) and, for records, from an address that answers {"items": [...]}. */
import { closeDialog, openDialog } from "./dialog.js";
import { element, icon } from "./icons.js";
import { keyCaps, shortcut } from "./shortcuts.js";

const LISTED = 12;
const ASK_AFTER = 120;
const added = [];
let shown = [];
let chosen = 0;
let asking = null;
let timer = null;

/**
 * Adds commands: {title, group?, icon?, keys?, words?, href?, run?, event?}. Exactly one of href (go there), run
 * (call it) and event (dispatched on document as "command", detail = the command) acts. Returns a remover.
 */
export function addCommands(commands) {
  added.push(...commands);
  return () => {
    for (const command of commands) {
      const at = added.indexOf(command);
      if (at >= 0) added.splice(at, 1);
    }
  };
}

export function openPalette(text = "") {
  const box = palette();
  if (!box) return;
  openDialog(box);
  input().value = text;
  input().focus();
  look();
}

/** Ranks commands for what was typed: every word must be found, starts of words count most. */
export function rank(commands, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return commands;
  return commands
    .map((command) => ({ command, points: pointsOf(command, words) }))
    .filter((one) => one.points > 0)
    .sort((one, other) => other.points - one.points)
    .map((one) => one.command);
}

function pointsOf(command, words) {
  const title = command.title.toLowerCase();
  const rest = `${command.group ?? ""} ${command.words ?? ""}`.toLowerCase();
  let points = 0;
  for (const word of words) {
    if (title.startsWith(word)) points += 8;
    else if (title.includes(` ${word}`)) points += 5;
    else if (title.includes(word)) points += 3;
    else if (rest.includes(word)) points += 1;
    else return 0;
  }
  return points;
}

const palette = () => document.querySelector("dialog[data-palette]");
const input = () => palette().querySelector("input");
const list = () => palette().querySelector("[role=listbox]");

function fromPage() {
  const source = palette().querySelector("script[data-commands]");
  return source ? JSON.parse(source.textContent) : [];
}

function look() {
  const text = input().value.trim();
  draw(rank([...added, ...fromPage()], text).slice(0, LISTED));
  clearTimeout(timer);
  asking?.abort();
  const source = palette().dataset.source;
  if (source && text.length > 1) timer = setTimeout(() => ask(source, text), ASK_AFTER);
}

async function ask(source, text) {
  asking = new AbortController();
  const address = new URL(source, location.href);
  address.searchParams.set("q", text);
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { items } = await answer.json();
    if (input().value.trim() === text) draw([...shown, ...items].slice(0, LISTED * 2), chosen);
  } catch {
    // Typed on, or offline: the page's own commands are there all the same.
  }
}

function draw(commands, keep = 0) {
  shown = inGroups(commands);
  chosen = Math.min(keep, Math.max(0, shown.length - 1));
  const parts = [];
  let group = null;
  shown.forEach((command, at) => {
    if ((command.group ?? "") !== group) {
      group = command.group ?? "";
      if (group) parts.push(heading(group));
    }
    parts.push(option(command, at));
  });
  if (!parts.length) parts.push(element("div", "palette-group", "Nothing found. Try fewer letters."));
  list().replaceChildren(...parts);
  mark();
}

function inGroups(commands) {
  const order = [...new Set(commands.map((command) => command.group ?? ""))];
  return order.flatMap((group) => commands.filter((command) => (command.group ?? "") === group));
}

function heading(text) {
  const made = element("div", "palette-group", text);
  made.setAttribute("role", "presentation");
  return made;
}

function option(command, at) {
  const made = element("div", "palette-option", icon(command.icon ?? "corner-down-left"), element("span", "clip", command.title));
  if (command.keys) made.append(element("span", "keys", ...keyCaps(command.keys)));
  made.id = `palette-${at}`;
  made.setAttribute("role", "option");
  made.addEventListener("click", () => act(command));
  made.addEventListener("pointermove", () => {
    if (chosen === at) return;
    chosen = at;
    mark();
  });
  return made;
}

function mark() {
  for (const one of list().querySelectorAll("[role=option]")) {
    const is = one.id === `palette-${chosen}`;
    one.setAttribute("aria-selected", String(is));
    if (is) one.scrollIntoView({ block: "nearest" });
  }
  if (shown.length) input().setAttribute("aria-activedescendant", `palette-${chosen}`);
  else input().removeAttribute("aria-activedescendant");
}

function act(command) {
  closeDialog(palette());
  if (command.run) command.run();
  else if (command.href) location.assign(command.href);
  else document.dispatchEvent(new CustomEvent("command", { detail: command }));
}

document.addEventListener("input", (event) => {
  if (palette()?.contains(event.target)) look();
});
document.addEventListener("keydown", (event) => {
  if (!palette()?.open || !palette().contains(event.target)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && shown.length) {
    event.preventDefault();
    chosen = (chosen + step + shown.length) % shown.length;
    mark();
  } else if (event.key === "Enter" && !event.isComposing && shown[chosen]) {
    event.preventDefault();
    act(shown[chosen]);
  }
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-palette]")) openPalette();
});
shortcut("ctrl+k", () => openPalette(), { label: "Search or run a command", inFields: true, when: () => palette() && !palette().open });
