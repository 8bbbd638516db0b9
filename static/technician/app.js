/* Starts the app: what lies on the phone is drawn at once, then the net is tried. */
import { ask_to_keep } from "./store.js";
import { h } from "./draw.js";
import { load, listen, state } from "./state.js";
import { soon } from "./queue.js";
import { draw_top } from "./top.js";
import { draw_day } from "./day.js";
import { draw_visit } from "./visit.js";
import { draw_work } from "./work.js";
import { draw_sign } from "./sign.js";
import { draw_end } from "./ending.js";
import { draw_note } from "./note.js";
import { draw_next } from "./follow_up.js";
import { draw_article } from "./article.js";
import { draw_unsent } from "./unsent.js";
import { draw_me } from "./me.js";
import { watch_position } from "./position.js";

const VIEWS = {
  "": draw_day,
  visit: draw_visit,
  work: draw_work,
  sign: draw_sign,
  end: draw_end,
  note: draw_note,
  next: draw_next,
  article: draw_article,
  unsent: draw_unsent,
  me: draw_me,
};
// Pages with fields are drawn once: what arrives from elsewhere must not take the words out of a hand.
const STILL = new Set(["work", "sign", "end", "note", "next", "article"]);
const place = document.querySelector("[data-view]");
const thumb = document.querySelector("[data-thumb]");
let shown = null;

function where() {
  const [name = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  return { name: name in VIEWS ? name : "", rest };
}

function draw({ anew = false } = {}) {
  const { name, rest } = where();
  draw_top(document.querySelector("[data-top]"), name);
  const key = `${name}/${rest.join("/")}`;
  if (!anew && key === shown && STILL.has(name)) return;
  const moved = key !== shown;
  const held = !moved && document.activeElement?.closest("[data-view], [data-thumb]")?.dataset.key;
  shown = key;
  thumb.hidden = true;
  thumb.replaceChildren();
  place.replaceChildren(...[VIEWS[name](rest, { thumb: put_thumb, again: () => draw({ anew: true }) })].flat(Infinity).filter(Boolean));
  if (held) document.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  if (moved) arrive();
}

function put_thumb(...parts) {
  thumb.replaceChildren(...parts.flat().filter(Boolean));
  thumb.hidden = !thumb.childElementCount;
}

/** A new screen begins at its top, and a screen reader hears its name. */
function arrive() {
  scrollTo(0, 0);
  const heading = place.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  document.title = `${heading.textContent} · My visits`;
}

async function start() {
  try {
    await load();
  } catch {
    place.replaceChildren(
      h("h1", null, "This phone keeps nothing"),
      h("p", null, "The browser does not let this app keep data, so it can't work without a net. Leave private browsing, or allow data for this site, and open it again."),
    );
    return;
  }
  listen(draw);
  addEventListener("hashchange", () => draw());
  addEventListener("online", () => soon());
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  draw();
  ask_to_keep();
  watch_position();
  soon();
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/tech/worker.js", { scope: "/tech", updateViaCache: "none" }).then(
      () => navigator.serviceWorker.ready.then(() => (document.documentElement.dataset.ready = "")),
      () => (state.no_worker = true),
    );
  }
}

start();
