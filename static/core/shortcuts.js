/* One list of keys for the whole page: what they do, when, and the sheet that shows them (`?`). */
import { openDialog } from "./dialog.js";
import { element } from "./icons.js";

const known = [];
let started = null; // the first key of a pair such as "g t"
let startedAt = 0;
const PAIR_WITHIN = 1200;

/**
 * Registers a key. `keys`: "a", "?", "ctrl+k" (also Cmd on a Mac), "escape", "alt+1", "alt+shift+q", or two in a row: "g t".
 * `label` and `group` are for the sheet; `when` says whether it works now; `inFields` lets it work while
 * typing. Returns a function that takes it back.
 */
export function shortcut(keys, run, { label, group = "General", when = null, inFields = false } = {}) {
  const entry = { keys: keys.toLowerCase(), run, label, group, when, inFields };
  known.push(entry);
  return () => {
    const at = known.indexOf(entry);
    if (at >= 0) known.splice(at, 1);
  };
}

/** What is registered, for the sheet and for tests: [{keys, label, group}]. */
export function shortcuts() {
  return known.filter((entry) => entry.label).map(({ keys, label, group }) => ({ keys, label, group }));
}

/** <kbd> elements for "ctrl+k" or "g t". */
export function keyCaps(keys) {
  return keys.split(/[ +](?=.)/).map((key) => element("kbd", "", capText(key)));
}

function capText(key) {
  const names = { ctrl: isMac() ? "⌘" : "Ctrl", enter: "↵", escape: "Esc", arrowup: "↑", arrowdown: "↓", shift: "⇧", alt: "Alt" };
  return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

function isMac() {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

/* Option on a Mac makes another sign of a key: what is printed on it counts. */
function keyOf(event) {
  if (event.altKey && isMac() && /^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  return event.key.toLowerCase();
}

function pressed(event) {
  const key = keyOf(event);
  const marks = [];
  if (event.ctrlKey || event.metaKey) marks.push("ctrl");
  if (event.altKey) marks.push("alt");
  if (event.shiftKey && (key.length > 1 || (event.altKey && /[a-z]/.test(key)))) marks.push("shift");
  return [...marks, key].join("+");
}

function typing(target) {
  if (target.isContentEditable) return true;
  if (target.matches?.("textarea, select")) return true;
  return Boolean(target.matches?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || !event.key) return;
  const inField = typing(event.target);
  const inDialog = Boolean(document.querySelector("dialog[open]"));
  const now = pressed(event);
  const pair = started && event.timeStamp - startedAt < PAIR_WITHIN ? `${started} ${now}` : null;
  started = null;

  const usable = known.filter((entry) => {
    if (inField && !entry.inFields) return false;
    if (inDialog && !entry.inFields) return false;
    return !entry.when || entry.when();
  });
  const hit = (pair && usable.findLast((entry) => entry.keys === pair)) ?? usable.findLast((entry) => entry.keys === now);
  if (hit) {
    event.preventDefault();
    hit.run(event);
  } else if (usable.some((entry) => entry.keys.startsWith(`${now} `))) {
    started = now;
    startedAt = event.timeStamp;
  }
});

export function showShortcuts() {
  const sheet = document.getElementById("shortcuts");
  const place = sheet?.querySelector("[data-shortcut-groups]");
  if (!place) return;
  const groups = Map.groupBy ? Map.groupBy(shortcuts(), (entry) => entry.group) : grouped(shortcuts());
  place.replaceChildren(
    ...[...groups].map(([group, entries]) =>
      element(
        "section",
        "shortcut-group",
        element("h3", "", group),
        ...entries.map((entry) => {
          const caps = element("span", "keys", ...keyCaps(entry.keys));
          return element("div", "shortcut-line", element("span", "", entry.label), caps);
        }),
      ),
    ),
  );
  openDialog(sheet);
}

function grouped(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}

shortcut("?", showShortcuts, { label: "Show all shortcuts" });
