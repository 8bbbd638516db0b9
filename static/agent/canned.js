/* Canned replies: `/` opens the list, letters narrow it, Enter puts the text in. What stands in braces is
   replaced as plain text, once; nothing in a reply or in a name is ever evaluated. */
import { element } from "/static/core/icons.js";
import { getJson } from "./net.js";

const SHOWN = 8;
const FRESH = 60000;
let kept = null;
let keptAt = 0;

async function load() {
  if (kept && Date.now() - keptAt < FRESH) return kept;
  kept = await getJson("/desk/canned");
  keptAt = Date.now();
  return kept;
}

/** {name} and {agent} with these values; every other brace stays as it is. */
export function filled(text, values) {
  return text.replace(/\{(name|agent)\}/g, (whole, key) => values[key] ?? whole);
}

export function makeCanned(form, box, talk) {
  const list = form.querySelector("[data-canned-list]");
  let items = [];
  let agent = document.body.dataset.agentName;
  let chosen = 0;
  let from = 0;

  const typed = () => /(?:^|\s)\/([^\s/]*)$/.exec(box.value.slice(0, box.selectionStart));

  async function look() {
    const match = typed();
    if (!match) return close();
    from = box.selectionStart - match[1].length - 1;
    let all;
    try {
      const answer = await load();
      all = answer.items;
      agent = answer.agent;
    } catch {
      return close();
    }
    const now = typed();
    if (!now) return close();
    items = narrowed(all, now[1].toLowerCase());
    chosen = 0;
    draw(all.length);
  }

  function draw(total) {
    const lines = items.map((item, at) => {
      const line = element("div", "canned-line", element("strong", "", `/${item.shortcut}`), element("span", "clip", item.title), element("span", "canned-text clip muted", item.text));
      line.id = `canned-${at}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(at === chosen));
      line.addEventListener("mousedown", (event) => {
        event.preventDefault();
        use(item);
      });
      return line;
    });
    if (!lines.length) lines.push(element("div", "canned-none muted", total ? "No canned reply begins like this." : "There are no canned replies yet. An administrator adds them."));
    list.replaceChildren(...lines);
    list.hidden = false;
    if (items.length) box.setAttribute("aria-activedescendant", `canned-${chosen}`);
    else box.removeAttribute("aria-activedescendant");
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function use(item) {
    // Nobody is greeted by a number or an address.
    const name = talk.name === "Unknown visitor" || /^\+[\d\s()-]+$|@/.test(talk.name) ? "" : talk.name;
    const text = filled(item.text, { name, agent });
    box.setRangeText(text, from, box.selectionStart, "end");
    close();
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }

  function close() {
    list.hidden = true;
    box.removeAttribute("aria-activedescendant");
  }

  function keydown(event) {
    if (list.hidden || !items.length) {
      if (list.hidden || event.key !== "Escape") return false;
      close();
      event.preventDefault();
      return true;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      chosen = (chosen + step + items.length) % items.length;
      draw(items.length);
    } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") use(items[chosen]);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  function open() {
    const before = box.value.slice(0, box.selectionStart);
    box.focus();
    if (!typed()) box.setRangeText(before && !/\s$/.test(before) ? " /" : "/", box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  box.addEventListener("blur", () => setTimeout(close, 120));
  return { look, keydown, close, open };
}

function narrowed(all, text) {
  const begins = all.filter((item) => item.shortcut.toLowerCase().startsWith(text));
  const inside = all.filter((item) => !begins.includes(item) && `${item.title} ${item.shortcut}`.toLowerCase().includes(text));
  return [...begins, ...inside].slice(0, SHOWN);
}
