/* Naming colleagues in a note: `@` opens the list, letters narrow it, Enter puts the name in. The server
   reads the names out of the note's text; nothing else is sent. */
import { element } from "/static/core/icons.js";
import { getJson } from "./net.js";
import { visible } from "./words.js";

const SHOWN = 8;
let names = null;
let loading = null;

/** Names of colleagues, fetched once; whoever asks meanwhile waits for the same answer. */
async function load() {
  loading ??= getJson("/desk/people")
    .then((answer) => (names = Object.values(answer.people).sort((one, other) => one.localeCompare(other))))
    .catch((error) => {
      loading = null;
      throw error;
    });
  return names ?? loading;
}

/** Answers {look, keydown, close, open, ready}, as canned replies do. */
export function makeMentions(form, box, isNote) {
  const list = form.querySelector("[data-mention-list]");
  let items = [];
  let chosen = 0;
  let chosenEarly = null; // Enter came before the names did
  const typed = () => /(?:^|[\s(])@([^\s@]*(?: [^\s@]*)?)$/.exec(box.value.slice(0, box.selectionStart));

  async function look() {
    if (!isNote() || !typed()) return close();
    if (names) return offer(names);
    let all = [];
    try {
      all = await load();
    } catch {
      // Nobody can be named now; the letters stay as they are.
    }
    offer(all);
    chosenEarly?.();
  }

  function offer(all) {
    const now = typed();
    if (!now) return close();
    const text = now[1].toLowerCase();
    items = all.filter((name) => name.toLowerCase().startsWith(text) || name.toLowerCase().split(" ").some((part) => text && part.startsWith(text))).slice(0, SHOWN);
    if (!items.length || items.some((name) => name.toLowerCase() === text)) return close();
    chosen = 0;
    draw();
  }

  function draw() {
    list.replaceChildren(
      ...items.map((name, at) => {
        const line = element("div", "canned-line", element("span", "clip", visible(name)));
        line.id = `mention-${at}`;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", String(at === chosen));
        line.addEventListener("mousedown", (event) => {
          event.preventDefault();
          use(name);
        });
        return line;
      }),
    );
    list.hidden = false;
    box.setAttribute("aria-activedescendant", `mention-${chosen}`);
  }

  function use(name) {
    const found = typed();
    const from = box.selectionStart - (found ? found[1].length : 0);
    box.setRangeText(`${name} `, from, box.selectionStart, "end");
    close();
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  function close() {
    if (list.hidden) return;
    list.hidden = true;
    box.removeAttribute("aria-activedescendant");
  }

  function keydown(event) {
    if (!names && loading && isNote() && typed() && (event.key === "Enter" || event.key === "Tab")) return wait(event);
    if (list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      chosen = (chosen + step + items.length) % items.length;
      draw();
    } else if ((event.key === "Enter" && !event.ctrlKey) || event.key === "Tab") use(items[chosen]);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** The key means the name that is about to be listed, or where none is what it always means. */
  function wait(event) {
    event.preventDefault();
    const sends = event.ctrlKey || event.metaKey;
    const before = chosenEarly;
    chosenEarly = () => {
      before?.();
      chosenEarly = null;
      if (sends) box.form.requestSubmit();
      else if (!list.hidden) use(items[chosen]);
      else if (event.key === "Enter") box.setRangeText("\n", box.selectionStart, box.selectionEnd, "end");
    };
    return true;
  }

  function open() {
    const before = box.value.slice(0, box.selectionStart);
    box.focus();
    box.setRangeText(before && !/\s$/.test(before) ? " @" : "@", box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  box.addEventListener("blur", () => setTimeout(close, 120));
  return { look, keydown, close, open, ready: () => load().catch(() => {}) };
}
