/* Macros while writing: a list to search, what the chosen one would do, and its words put into the composer with the
   changes that go with them. One that says nothing changes the ticket at once, and can be taken back. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { element, icon } from "/static/core/icons.js";
import { toast } from "/static/core/toast.js";
import { getJson, postJson } from "./net.js";
import { visible } from "./words.js";

const ASK_AFTER = 120;

export async function openMacros(ticket) {
  const form = document.querySelector("#ticket-macros form");
  const find = form.querySelector("[data-macro-find]");
  const list = form.querySelector("[data-macros]");
  const shown = form.querySelector("[data-macro-preview]");
  const put = form.querySelector("[type=submit]");
  const previews = new Map();
  let all = [];
  let items = [];
  let at = 0;
  let timer = null;

  form.reset();
  list.replaceChildren(element("p", "muted small pick-none", "Looking"));
  shown.replaceChildren();
  put.disabled = true;
  openDialog("ticket-macros");
  find.focus();
  try {
    all = (await getJson(`/desk/tickets/${ticket.id}/macros`)).items;
  } catch (error) {
    return list.replaceChildren(element("p", "field-error", error.message));
  }
  draw();

  function draw() {
    const text = find.value.trim().toLowerCase();
    items = all.filter((one) => text.split(/\s+/).every((word) => `${one.name} ${one.description}`.toLowerCase().includes(word)));
    at = Math.min(at, Math.max(0, items.length - 1));
    list.replaceChildren(...items.map(line));
    if (!items.length) list.append(element("p", "muted small pick-none", all.length ? "No macro is called so." : "There are no macros yet. Make one under Tickets, Macros."));
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    find.setAttribute("aria-activedescendant", items.length ? `macro-${at}` : "");
    put.disabled = !items.length;
    clearTimeout(timer);
    timer = setTimeout(preview, previews.has(items[at]?.id) ? 0 : ASK_AFTER);
  }

  function line(one, number) {
    const made = element("div", "pick-line", icon(one.says ? "message-square-quote" : "zap"), element("span", "grow clip", visible(one.name)), element("span", "muted small clip", visible(one.description)));
    made.id = `macro-${number}`;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", String(number === at));
    made.addEventListener("click", () => {
      at = number;
      draw();
    });
    made.addEventListener("dblclick", () => form.requestSubmit());
    return made;
  }

  async function told(one) {
    if (!previews.has(one.id)) previews.set(one.id, await getJson(`/desk/tickets/${ticket.id}/macros/${one.id}`));
    return previews.get(one.id);
  }

  async function preview() {
    const one = items[at];
    if (!one) return shown.replaceChildren();
    try {
      const what = await told(one);
      if (items[at] === one) shown.replaceChildren(...described(what));
    } catch (error) {
      if (items[at] === one) shown.replaceChildren(element("p", "field-error", error.message));
    }
  }

  find.oninput = () => {
    at = 0;
    draw();
  };
  form.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !items.length) return;
    event.preventDefault();
    at = (at + step + items.length) % items.length;
    draw();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const one = items[at];
    if (!one) return;
    try {
      const what = await told(one);
      closeDialog("ticket-macros");
      await use(ticket, what);
    } catch (error) {
      toast(error.message, { tone: "danger" });
    }
  };
}

/** Before and after, and the words as the customer would read them. */
function described(what) {
  const parts = [element("h3", "", visible(what.name))];
  const lines = what.changes.map(({ field, before, after }) => {
    const label = FIELDS[field] ?? field;
    return element("li", "", element("span", "muted", `${label}: ${visible(before || "nothing")} `), icon("arrow-right"), element("span", "visually-hidden", "becomes"), ` ${visible(after || "nothing")}`);
  });
  if (lines.length) parts.push(element("ul", "macro-changes", ...lines));
  if (what.text) {
    const words = element("div", `macro-words${what.public ? "" : " macro-note"}`, visible(what.text));
    words.dir = "auto";
    parts.push(element("p", "muted small", what.public ? "To the customer" : "A note for your team"), words);
  }
  if (!lines.length && !what.text) parts.push(element("p", "muted", "It would change nothing on this ticket as it is now."));
  return parts;
}

const FIELDS = { state: "State", priority: "Priority", queue_id: "Queue", assignee_id: "Assignee", team_id: "Team", type: "Type", tags: "Tags" };

async function use(ticket, what) {
  if (what.text) {
    const back = ticket.composer.bring({ text: what.text, isPublic: what.public, with: what.with, macro: what.name });
    toast(what.with.length ? `“${visible(what.name)}” is in. Its changes go with the words.` : `“${visible(what.name)}” is in`, { undo: back });
    return;
  }
  if (!what.changes.length) return toast("Nothing to change: the ticket is that way already.");
  const run = await postJson("/desk/tickets/bulk", { tickets: [ticket.id], macro_id: what.id });
  const refused = run.told?.[0]?.why;
  if (refused) return toast(refused, { tone: "danger" });
  toast(`“${visible(what.name)}” was used`, { tone: "success", undo: () => undo(run.id) });
  document.dispatchEvent(new CustomEvent("ticket-changed"));
}

async function undo(run) {
  try {
    await postJson(`/desk/tickets/bulk/${run}/undo`);
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
  document.dispatchEvent(new CustomEvent("ticket-changed"));
}
