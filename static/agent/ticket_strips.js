/* What stands between a ticket's words and its composer: what changed since the draft was begun, and another text
   of one's own that was written elsewhere. */
import { element, icon } from "/static/core/icons.js";
import { ago, refreshTimes, serverNow, timeElement } from "/static/core/time.js";
import { visible } from "./words.js";

const SHOWN = 4;
const NARROW = matchMedia("(max-width: 56.25rem)");

/** Answers {since(words, seen), clash(mode, draft, choose), clear()}. */
export function makeStrips(ticket) {
  const place = (name) => ticket.node.querySelector(`[data-${name}]`);
  let drawn = "";

  /** `words` is what the composer holds; `seen()` is called when the writer has looked at it. */
  function since(words, seen) {
    const region = place("meanwhile");
    if (!region) return;
    const lines = words.seen_at ? [...said(words.seen_at), ...changed(words.seen_at)] : [];
    const now = lines.map((line) => line.textContent).join("|");
    if (now === drawn && region.isConnected) return;
    drawn = now;
    region.hidden = lines.length === 0;
    if (!lines.length) return region.replaceChildren();
    const more = lines.length - SHOWN;
    const list = element("ul", "strip-lines", ...lines.slice(0, SHOWN));
    if (more > 0) list.append(element("li", "muted", `and ${more} more in the history`));
    const done = small("Seen", seen);
    done.dataset.seen = "";
    const head = element("summary", "", element("strong", "", `${lines.length === 1 ? "Something" : `${lines.length} things`} happened since you began to write, ${ago(Date.parse(words.seen_at), serverNow())}`));
    const whole = element("details", "grow", head, list);
    whole.open = region.querySelector("details")?.open ?? !NARROW.matches;
    region.replaceChildren(icon("history"), whole, done);
    refreshTimes(region);
  }

  function said(at) {
    const new_ = [...ticket.messages.values()].filter((one) => one.at > at && one.agent_id !== ticket.me && one.from !== "system" && one.from !== "bot");
    const by = new Map();
    for (const one of new_) {
      const who = one.from === "visitor" ? visible(ticket.name) : visible(ticket.people[one.agent_id] ?? "A colleague");
      const what = one.from === "visitor" ? "wrote" : one.public ? "answered" : "left a note";
      const key = `${who} ${what}`;
      by.set(key, { who, what, count: (by.get(key)?.count ?? 0) + 1, at: one.at });
    }
    return [...by.values()].map(({ who, what, count, at: last }) => {
      return element("li", "", element("strong", "", who), ` ${what}${count > 1 ? ` ${count} times` : ""}, `, timeElement(last));
    });
  }

  function changed(at) {
    return ticket.changes.filter((line) => line.at > at).map(({ who, what, changes, at: when }) => {
      const line = element("li", "", element("strong", "", visible(who)), `: ${visible(what)}`);
      for (const [field, before, after] of changes) {
        line.append(` · ${visible(field)}: `, element("span", "muted", visible(before)), " ", icon("arrow-right"), element("span", "visually-hidden", "became"), ` ${visible(after)}`);
      }
      line.append(", ", timeElement(when));
      return line;
    });
  }

  /** Both texts stay until one is chosen; `choose("theirs" or "mine")`. */
  function clash(draft, choose) {
    const region = place("clash");
    if (!region) return;
    const text = element("blockquote", "strip-other", visible(draft.text || "(no text)"));
    text.dir = "auto";
    const theirs = small("Take that one", () => end("theirs"));
    const mine = small("Keep the one below", () => end("mine"));
    theirs.dataset.takeOther = "";
    mine.dataset.keepMine = "";
    const end = (which) => {
      clear();
      choose(which);
    };
    const head = element("span", "", element("strong", "", "You wrote another text on this in another window, "), timeElement(draft.at));
    region.replaceChildren(icon("triangle-alert"), element("div", "grow", head, text, element("div", "row-flow", theirs, mine)));
    region.hidden = false;
  }

  function clear() {
    const region = place("clash");
    region?.replaceChildren();
    if (region) region.hidden = true;
  }

  return { since, clash, clear };
}

function small(word, run) {
  const made = element("button", "btn btn-small", word);
  made.type = "button";
  made.addEventListener("click", run);
  return made;
}
