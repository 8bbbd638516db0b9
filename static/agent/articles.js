/* Articles beside a chat, call or ticket: what fits what its customer said, a search, and one key that puts a link or
   the text into what is being written. The words come from the server, which knows what may go to whom. */
import { showPane, togglePane } from "/static/core/panes.js";
import { addCommands } from "/static/core/palette.js";
import { element, icon } from "/static/core/icons.js";
import { keyCaps, shortcut } from "/static/core/shortcuts.js";
import { toast } from "/static/core/toast.js";
import { closePeek, holdPeek, peekable } from "./articles_peek.js";
import { onScreen } from "./navigation.js";
import { getJson, postJson } from "./net.js";
import { hear } from "./socket.js";
import { current } from "./talk.js";
import { currentTicket } from "./ticket.js";

const SAID_AFTER = 900;
const TYPED_AFTER = 180;
const KEPT = 40;
const LETTERS = ["q", "w", "e"];
const NTH = ["first", "second", "third"];
const AUDIENCES = { internal: ["lock", "Colleagues only"], signed_in: ["user-check", "Signed-in customers"], segment: ["users", "Some customers"] };
const answers = new Map(); // by case, what was last suggested

let shown = [];
let asking = null;
let timer = null;

const panel = () => document.querySelector("[data-articles]");
const find = () => panel()?.querySelector("[data-articles-find]");
const isOpen = () => Boolean(panel()?.open && panel().offsetParent);
const composer = () => current()?.composer ?? currentTicket()?.composer ?? null;
const pathOf = (there) => `/desk/articles/beside/${there.dataset.kind}/${there.dataset.case}`;

/* Asking ------------------------------------------------------------------------------------- */

async function look() {
  const there = panel();
  if (!there?.open || document.hidden) return;
  const typed = find().value.trim();
  const kept = answers.get(pathOf(there));
  const asked = new URLSearchParams(typed ? { q: typed } : kept ? { had: kept.mark } : {});
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const answer = await getJson(`${pathOf(there)}?${asked}`, { signal });
    if (panel() !== there || find().value.trim() !== typed) return;
    if (answer.same) return shown === kept.items ? undefined : draw(there, kept);
    if (!typed && !answer.failed) keep(pathOf(there), answer);
    draw(there, answer);
  } catch (error) {
    if (error.name !== "AbortError" && panel() === there && !shown.length) draw(there, { items: [], failed: true });
  }
}

function keep(key, answer) {
  answers.delete(key);
  answers.set(key, answer);
  if (answers.size > KEPT) answers.delete(answers.keys().next().value);
}

function later(wait = SAID_AFTER) {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

/* Drawing ------------------------------------------------------------------------------------ */

function draw(there, answer) {
  const list = there.querySelector("[data-articles-list]");
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.article : "";
  shown = answer.items;
  list.replaceChildren(...shown.map(line));
  const told = there.querySelector("[data-articles-told]");
  const typed = find().value.trim();
  told.textContent = answer.failed ? "The search gives no answer now. Everything else works." : shown.length ? "" : typed ? "No article says so." : "Nothing fits what was said so far.";
  told.hidden = !told.textContent;
  there.querySelector("[data-articles-for]").textContent = typed ? "" : shown.length ? "for what they said" : "";
  if (focused) list.querySelector(`[data-article="${focused}"] .article-title`)?.focus();
}

function line(item, at) {
  const title = element("button", "article-title", ...pieces(item.title));
  title.type = "button";
  title.lang = item.locale;
  title.addEventListener("click", () => holdPeek(made, item));
  const head = element("div", "article-line", title);
  if (at < LETTERS.length) head.append(element("span", "keys", ...keyCaps(`alt+${LETTERS[at]}`)));
  const passage = element("span", "article-passage clip muted small", ...pieces(item.passage));
  passage.lang = item.locale;
  const made = element("li", "article-row", head, element("div", "article-line", element("span", "article-signs", ...signs(item)), passage, ...actions(item, at)));
  made.dataset.article = item.id;
  peekable(made, item);
  return made;
}

const pieces = (of) => of.map(([text, marked]) => (marked ? element("mark", "", text) : text));

function signs(item) {
  const found = [];
  const [name, word] = AUDIENCES[item.audience] ?? [];
  if (item.closed || name) found.push(sign(item.closed ? "lock" : name, item.closed || word, item.closed ? "is-closed" : ""));
  if (item.language) found.push(element("span", "article-sign", item.language));
  if (item.inserted) found.push(sign("check", "Put into an answer", ""));
  return found;
}

function sign(name, word, extra) {
  const made = element("span", `article-sign ${extra}`, icon(name), element("span", "visually-hidden", word));
  made.title = word;
  return made;
}

function actions(item, at) {
  const keys = at < LETTERS.length ? ` (Alt ${LETTERS[at].toUpperCase()})` : "";
  const shifted = at < LETTERS.length ? ` (Alt ⇧ ${LETTERS[at].toUpperCase()})` : "";
  return [
    action("link", `Put in its link${keys}`, () => put(item, "link")),
    action("file-text", `Put in its text${shifted}`, () => put(item, "text")),
    action("circle-check", item.solved ? "It solved this. Press to take that back" : "It solved this", () => solved(item), item.solved),
  ];
}

function action(name, word, run, pressed = null) {
  const made = element("button", "btn btn-quiet btn-icon btn-small", icon(name));
  made.type = "button";
  made.title = word;
  made.setAttribute("aria-label", word);
  if (pressed !== null) made.setAttribute("aria-pressed", String(pressed));
  made.addEventListener("click", run);
  return made;
}

/* Using -------------------------------------------------------------------------------------- */

async function put(item, what) {
  const box = composer();
  if (!box) return toast("There is nothing to write into here.");
  const isNote = box.isNote();
  try {
    const made = await postJson(`${pathOf(panel())}/insert`, { article_id: item.id, what, into: isNote ? "note" : "reply" });
    // What was made for a note must not land in a reply.
    if (composer() !== box || box.isNote() !== isNote) return toast("You went on meanwhile. Press again to put it in.");
    closePeek();
    showPane("conversation");
    write(box, made.text, isNote);
    if (made.how === "inserted") note(item, { inserted: true });
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function write(box, text, isNote) {
  if (box.bring) return box.bring({ text, isPublic: !isNote, with: [], macro: "" });
  const before = box.before();
  const gap = !before || /\s$/.test(before) ? "" : text.includes("\n") ? "\n\n" : " ";
  box.insert(gap + text);
}

async function solved(item) {
  try {
    const answer = await postJson(`${pathOf(panel())}/solved`, { article_id: item.id, solved: !item.solved });
    note(item, { solved: answer.solved });
    if (answer.solved) toast("Noted: it solved this", { tone: "success", seconds: 3 });
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

/** What became of one, on the line and in what is kept of the case. */
function note(item, more) {
  const there = panel();
  if (!there) return;
  for (const one of [...(answers.get(pathOf(there))?.items ?? []), ...shown]) if (one.id === item.id) Object.assign(one, more);
  const old = there.querySelector(`[data-article="${item.id}"]`);
  if (!old) return;
  const focused = [...old.querySelectorAll("button")].indexOf(document.activeElement);
  const fresh = line(Object.assign(item, more), [...old.parentElement.children].indexOf(old));
  old.replaceWith(fresh);
  if (focused >= 0) fresh.querySelectorAll("button")[focused]?.focus();
}

/* Keys, palette, screens --------------------------------------------------------------------- */

function toFind() {
  togglePane("customer", true);
  if (matchMedia("(max-width: 56.25rem)").matches) showPane("customer");
  panel().open = true;
  find().focus();
  find().select();
}

function keydown(event) {
  const there = panel();
  if (!there?.contains(event.target)) return;
  const inFind = event.target === find();
  if (event.key === "Escape" && (inFind || event.target.closest("[data-articles-list]"))) {
    event.preventDefault();
    if (inFind && find().value) {
      find().value = "";
      return later(0);
    }
    return composer()?.focus();
  }
  if (inFind && event.key === "Enter") {
    event.preventDefault();
    return there.querySelector(".article-title")?.click();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const titles = [...there.querySelectorAll(".article-title")];
  const at = titles.indexOf(event.target.closest("li")?.querySelector(".article-title"));
  const next = inFind ? (step > 0 ? titles[0] : null) : (titles[at + step] ?? (at + step < 0 ? find() : null));
  if (!next) return;
  event.preventDefault();
  next.focus();
}

let lively = () => {};
function offers() {
  if (!panel()) return [];
  const group = "Articles";
  const found = [{ title: "Look for an article", group, icon: "book-open", keys: "alt+k", words: "knowledge help answer", run: toFind }];
  if (!isOpen() || !composer()) return found;
  shown.slice(0, LETTERS.length).forEach((item, at) => {
    const name = item.title.map(([text]) => text).join("");
    found.push({ title: `Link: ${name}`, group, icon: "link", keys: `alt+${LETTERS[at]}`, run: () => put(item, "link") });
    found.push({ title: `Text: ${name}`, group, icon: "file-text", keys: `alt+shift+${LETTERS[at]}`, run: () => put(item, "text") });
  });
  return found;
}

function screen() {
  const there = panel();
  closePeek();
  if (!there) {
    shown = [];
    return;
  }
  if (there.dataset.begun) return later();
  there.dataset.begun = "yes";
  shown = [];
  const kept = answers.get(pathOf(there));
  if (kept) draw(there, kept);
  there.addEventListener("toggle", () => there.open && later(0));
  find().addEventListener("input", () => later(TYPED_AFTER));
  later(kept ? SAID_AFTER : 0);
}

/** Registers the keys; each screen that has the panel fills it once it stands. */
export function startArticles() {
  const group = "Articles";
  const has = (at) => () => Boolean(isOpen() && composer() && shown[at] && !document.querySelector("dialog[open]"));
  shortcut("alt+k", toFind, { label: "Look for an article", group, when: () => Boolean(panel()), inFields: true });
  LETTERS.forEach((letter, at) => {
    shortcut(`alt+${letter}`, () => put(shown[at], "link"), { label: `Link of the ${NTH[at]}`, group, when: has(at), inFields: true });
    shortcut(`alt+shift+${letter}`, () => put(shown[at], "text"), { label: `Text of the ${NTH[at]}`, group, when: has(at), inFields: true });
  });
  document.addEventListener("keydown", keydown);
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest?.("[data-palette]") || event.target.dataset.lively) return;
    lively();
    lively = addCommands(offers());
  });
  hear("message", ({ conversation_id }) => {
    const ofTicket = currentTicket();
    if (current()?.id === conversation_id || (ofTicket && [...ofTicket.messages.values()].some((one) => one.conversation_id === conversation_id))) later();
  });
  hear("changed", ({ subject, id }) => {
    if (subject === "all" || (subject === "ticket" && currentTicket()?.id === id)) later();
  });
  document.addEventListener("visibilitychange", () => document.hidden || later());
  onScreen(screen);
  screen();
}
