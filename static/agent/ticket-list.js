/* The list of tickets: keys, choosing, changing many, what changed meanwhile. Not for finding them. */
import { refreshTimes } from "/static/core/time.js";
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { addCommands } from "/static/core/palette.js";
import { element } from "/static/core/icons.js";
import { shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";
import { csrf, getHtml, getJson, parse, postJson } from "./net.js";
import { go, onScreen, reload, where } from "./navigation.js";

const LOOK_EVERY = 15000;
const ASK_EVERY = 700;
const SHOWN_AT_ONCE = 8;
let whole = false; // every ticket of the view is meant, not only those on this page
let choices = null;
let kept = new Set(); // tickets chosen, so that a list fetched anew keeps them
let timer = null;

const frame = () => document.querySelector("[data-ticket-list]");
const there = () => Boolean(frame());
const rows = () => [...document.querySelectorAll("[data-ticket-row]")];
const boxes = () => [...document.querySelectorAll("[data-choose]")];
const chosen = () => rows().filter((row) => row.querySelector("[data-choose]").checked);
const find = (name) => document.querySelector(`[data-${name}]`);
const here = () => rows().find((row) => row.contains(document.activeElement));

function focusRow(row) {
  if (!row) return;
  row.querySelector("[data-row-link]").focus();
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(here());
  focusRow(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]);
}

function toggle() {
  const row = here() ?? rows()[0];
  if (!row) return;
  const box = row.querySelector("[data-choose]");
  box.checked = !box.checked;
  showChosen();
  if (!here()) focusRow(row);
}

function chooseAll(on) {
  for (const box of boxes()) box.checked = on;
  whole = false;
  showChosen();
}

function showChosen() {
  const many = chosen();
  if (many.length < rows().length) whole = false;
  kept = new Set(many.map((row) => row.dataset.ticketRow));
  for (const row of rows()) row.classList.toggle("is-chosen", many.includes(row));
  const bar = find("chosen");
  bar.hidden = many.length === 0;
  const all = find("choose-all");
  if (all) {
    all.checked = many.length > 0 && many.length === rows().length;
    all.indeterminate = many.length > 0 && !all.checked;
  }
  if (!many.length) return;
  find("chosen-words").textContent = whole ? "All of this view" : `${many.length} chosen`;
  bar.querySelector("[data-many=merge]").hidden = whole || many.length !== 2;
  bar.querySelector("[data-many=whole]").hidden = whole || many.length < rows().length || !document.querySelector(".pager a[href*=cursor]");
}

/** What the server is to change: the rows chosen, or the whole list by its filter. */
function meant() {
  if (!whole) return { tickets: chosen().map((row) => row.dataset.ticketRow) };
  return { whole: true, ...JSON.parse(frame().dataset.whole) };
}

const plural = (number) => `${number} ${number === 1 ? "ticket" : "tickets"}`;

async function change(what, { from = meant() } = {}) {
  const run = await postJson("/desk/tickets/bulk", { ...from, ...what });
  await follow(run, "changed");
}

async function undo(id) {
  try {
    await follow(await postJson(`/desk/tickets/bulk/${id}/undo`), "undone");
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

/** Waits for a run that a worker does, showing how far it is, and tells how it went. */
async function follow(run, word) {
  const bar = find("progress");
  chooseAll(false);
  while (!run.over) {
    if (bar?.isConnected) {
      bar.hidden = false;
      const gathering = run.state === "gathering";
      find("progress-words").textContent = gathering ? `Gathering, ${run.total} so far` : `${run.done} of ${plural(run.total)}`;
      bar.querySelector("[data-share]").style.setProperty("width", `${run.total ? Math.round((100 * run.done) / run.total) : 0}%`);
    }
    await new Promise((done) => setTimeout(done, ASK_EVERY));
    run = await getJson(`/desk/tickets/bulk/${run.id}`);
  }
  if (bar?.isConnected) bar.hidden = true;
  tell(run, word);
  if (there()) await reload();
}

function tell(run, word) {
  const done = run.counts[word] ?? 0;
  const left = (run.counts.refused ?? 0) + (word === "undone" ? (run.counts.kept ?? 0) : 0);
  let text = `${plural(done)} ${word}`;
  if (word === "changed" && !done) text = "Nothing to change";
  if (left) text += `, ${left} stayed as ${left === 1 ? "it was" : "they were"}`;
  toast(text, { undo: word === "changed" && done ? () => undo(run.id) : null, seconds: word === "changed" ? 12 : null, tone: left ? "info" : "success" });
  if (run.told.length) {
    const lines = run.told.map((one) => element("li", "", element("span", "number strong", `${one.number} `), element("span", "", `${one.subject}. ${one.why}`)));
    find("told").replaceChildren(...lines);
    openDialog("tickets-told");
  }
}

async function openChange(focus) {
  choices ??= await getJson("/desk/tickets/choices");
  const form = find("change-many");
  form.reset();
  find("many-error").hidden = true;
  for (const [name, list] of Object.entries(choices)) {
    const field = form.elements[name];
    while (field.options.length > 1) field.remove(1);
    for (const [value, word] of list) field.add(new Option(word, value));
  }
  openDialog("tickets-change");
  form.elements[focus].focus();
}

const words = (text) => text.split(",").map((one) => one.trim()).filter(Boolean);

async function submitChange(form) {
  const what = {};
  for (const name of ["state", "priority", "queue_id", "assignee_id", "macro_id"]) {
    if (form.elements[name].value !== "-") what[name] = form.elements[name].value;
  }
  for (const name of ["add_tags", "remove_tags"]) {
    if (words(form.elements[name].value).length) what[name] = words(form.elements[name].value);
  }
  const told = find("many-error");
  if (!Object.keys(what).length) {
    told.textContent = "Choose what to change.";
    told.hidden = false;
    return;
  }
  const from = meant();
  try {
    const run = await postJson("/desk/tickets/bulk", { ...from, ...what });
    closeDialog("tickets-change");
    await follow(run, "changed");
  } catch (error) {
    told.textContent = error.message;
    told.hidden = false;
  }
}

const quick = (what) => change(what).catch((error) => toast(error.message, { tone: "danger" }));

const MANY = {
  mine: () => quick({ assignee_id: "me" }),
  resolve: () => quick({ state: "resolved" }),
  more: () => openChange("state"),
  macro: () => openChange("macro_id"),
  merge: () => {
    const [one, other] = chosen();
    go(`/desk/tickets/${one.dataset.ticketRow}/merge?with=${other.dataset.ticketRow}`);
  },
  whole: () => {
    whole = true;
    showChosen();
  },
  none: () => chooseAll(false),
};

const onMany = (act) => () => {
  if (!chosen().length && here()) toggle();
  if (chosen().length) act();
};

/** How many each view has, and what of this page changed: asked beside the list, never before it. */
async function showCounts() {
  try {
    const { counts } = await getJson("/desk/tickets/counts");
    for (const [key, shown] of Object.entries(counts)) {
      const place = document.querySelector(`[data-count="${CSS.escape(key)}"]`);
      if (place) place.textContent = shown;
    }
  } catch {
    // The list stands without them.
  }
}

async function look() {
  const list = frame();
  if (!list || document.hidden) return;
  const query = new URL(where(), location.origin).search.slice(1) || list.dataset.ticketList;
  try {
    const { stamps } = await getJson(`/desk/tickets/fresh?${query}`);
    if (frame() !== list) return;
    const now = Object.entries(stamps);
    const old = new Map(rows().map((row) => [row.dataset.ticketRow, row.dataset.stamp]));
    const changed = now.filter(([id, stamp]) => old.get(id) !== stamp).length + [...old.keys()].filter((id) => !(id in stamps)).length;
    find("fresh").hidden = changed === 0;
    if (changed) find("fresh-words").textContent = `${changed} changed, refresh`;
  } catch {
    // Looked at again in a moment.
  }
}

let soon = null;
/** A ticket changed somewhere: look once, a little later, however many came at once. */
export function ticketsChanged() {
  if (!there()) return;
  clearTimeout(soon);
  soon = setTimeout(look, 800);
}

async function refresh() {
  const at = here()?.dataset.ticketRow;
  await reload();
  showCounts();
  focusRow(rows().find((row) => row.dataset.ticketRow === at));
}

async function openFilter() {
  const place = find("filter-place");
  if (place.childElementCount) return place.replaceChildren();
  const answer = await getHtml(`/desk/tickets/filter?${frame().dataset.ticketList}`);
  place.replaceChildren(parse(answer.html));
  place.querySelector("input:not([type=hidden])")?.focus();
}

async function openSave() {
  const answer = await getHtml(`/desk/tickets/views/save?${frame().dataset.ticketList}`);
  find("save-place").replaceChildren(parse(answer.html));
  openDialog("tickets-save");
  find("save-place").querySelector("[name=name]").focus();
}

async function takeNext() {
  const answer = await getHtml("/desk/tickets/take", { form: new URLSearchParams({ _csrf: csrf() }) });
  go(answer.path);
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if ("choose" in field.dataset) showChosen();
  if ("chooseAll" in field.dataset) chooseAll(field.checked);
  if ("goOnChange" in field.dataset) field.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-many], [data-refresh], [data-filter-open], [data-filter-close], [data-save-view]");
  if (!button) return;
  if (button.dataset.many) MANY[button.dataset.many]();
  else if ("refresh" in button.dataset) refresh();
  else if ("saveView" in button.dataset) openSave();
  else {
    event.preventDefault();
    if ("filterClose" in button.dataset) find("filter-place").replaceChildren();
    else openFilter();
  }
}, true);
document.addEventListener("submit", (event) => {
  if (!("changeMany" in event.target.dataset)) return;
  event.preventDefault();
  submitChange(event.target);
});

function begin({ again } = {}) {
  clearInterval(timer);
  if (!there()) return;
  whole = false;
  if (!again) kept.clear();
  for (const row of rows()) row.querySelector("[data-choose]").checked = kept.has(row.dataset.ticketRow);
  showChosen();
  closeDialog("tickets-save");
  showCounts();
  refreshTimes(frame());
  timer = setInterval(look, LOOK_EVERY);
  if (!again && !document.activeElement?.closest?.(".tickets-frame")) rows()[0]?.querySelector("[data-row-link]")?.focus({ preventScroll: true });
}

const KEYS = [
  ["j", () => step(1), "Next ticket", {}],
  ["k", () => step(-1), "Previous ticket", {}],
  ["x", toggle, "Choose it, or not", {}],
  ["v", () => chooseAll(chosen().length < rows().length), "Choose all on this page", {}],
  ["escape", () => chooseAll(false), "Choose none", { when: () => there() && chosen().length > 0 }],
  ["i", onMany(MANY.mine), "Assign to me", {}],
  ["e", onMany(MANY.resolve), "Resolve", {}],
  ["p", onMany(() => openChange("priority")), "Priority", {}],
  ["t", onMany(() => openChange("assignee_id")), "Give to somebody", {}],
  ["q", onMany(() => openChange("queue_id")), "Queue", {}],
  ["#", onMany(() => openChange("add_tags")), "Tags", {}],
  ["y", onMany(MANY.macro), "Macro", {}],
  ["f", openFilter, "Filter", {}],
  [".", refresh, "Refresh", {}],
];

export function startTicketList() {
  for (const [keys, run, label, more] of KEYS) shortcut(keys, run, { label, group: "Tickets", when: there, ...more });
  shortcut("g t", () => go("/desk/tickets"), { label: "Tickets", group: "Go to" });
  shortcut("g x", takeNext, { label: "Take the next ticket", group: "Go to" });
  addCommands([
    { title: "Tickets", group: "Go to", icon: "ticket", keys: "g t", words: "list views", run: () => go("/desk/tickets") },
    { title: "Take the next ticket", group: "Tickets", icon: "user-check", keys: "g x", words: "pull inbox", run: takeNext },
    { title: "Unassigned in my queues", group: "Tickets", icon: "inbox", run: () => go("/desk/tickets?view=unassigned") },
    { title: "Due soon or late", group: "Tickets", icon: "alarm-clock", words: "breached deadline", run: () => go("/desk/tickets?view=due") },
  ]);
  onScreen(begin);
  begin();
}
