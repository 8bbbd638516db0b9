/* The messages of one conversation on the screen. Everything people wrote goes in as text; nodes that
   are there are kept, so that nothing jumps, and reading goes on where it was. */
import { element, icon } from "/static/core/icons.js";
import { timeElement } from "/static/core/time.js";
import { playerFor } from "./player.js";
import { size, visible, words } from "./words.js";

const TOGETHER = 3 * 60000;
const NEAR = 80;
const SHOWN = /^image\/(png|jpeg|gif|webp)$/;
const TROUBLE = new Set(["failed", "undelivered"]);
const SHOWN_UP_TO = 5 * 1024 * 1024;
const dayName = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

/**
 * `talk`: {me, name, people, messages: Map seq -> frame, waiting(): outbox entries, readSeq, newFrom,
 * again(id), drop(id)}. Answers {draw, toEnd, isAtEnd, keepPlace}. A ticket, whose words come by many
 * channels, gives a `guise` as well: {order, heading(line), marks(line), foot(line), mark(line), adorn(node, line)}; what is
 * planned for later comes from `planned()`, as lines that are not said yet.
 */
export function makeLog(list, scroll, talk) {
  const nodes = new Map();
  const { guise } = talk;

  function lines() {
    const said = [...talk.messages.values()].sort(guise?.order ?? ((one, other) => one.seq - other.seq));
    for (const entry of talk.waiting()) {
      said.push({ ...entry, from: "agent", agent_id: talk.me, state: entry.failed ? "failed" : "pending" });
    }
    said.push(...(talk.planned?.() ?? []));
    const out = [];
    let day = "";
    let before = null;
    for (const one of said) {
      const at = new Date(one.at);
      const today = at.toDateString();
      if (today !== day) {
        out.push({ key: `day-${today}`, kind: "day", text: dayText(at) });
        before = null;
      }
      if (talk.newFrom && one.seq === talk.newFrom) {
        out.push({ key: "new", kind: "new", text: "New" });
        before = null;
      }
      day = today;
      const kind = one.from === "system" || one.from === "bot" ? "system" : one.public ? one.from : "note";
      const former = one.from === "visitor" ? talk.people[one.conversation_id] : "";
      const author = one.from === "visitor" ? former || talk.name : one.agent_id === talk.me ? "You" : (talk.people[one.agent_id] ?? "A colleague");
      const key = one.client_msg_id && one.from === "agent" ? `c-${one.client_msg_id}` : `s-${one.id ?? one.seq}`;
      const follows = !guise && before && before.kind === kind && before.author === author && at - before.at < TOGETHER;
      const state = one.state ?? (kind === "agent" ? (talk.readSeq >= one.seq ? "read" : "sent") : "");
      out.push({ ...one, key, kind, author, follows, state, former: former && former !== talk.name ? talk.name : "" });
      before = { kind, author, at };
    }
    // What a line says beneath it is hidden while others follow, but trouble never is.
    out.forEach((line, at) => (line.leads = (out[at + 1]?.follows ?? false) && !TROUBLE.has(line.delivery?.state)));
    return out;
  }

  function draw() {
    const stick = isAtEnd();
    const wanted = lines();
    const keys = new Set(wanted.map((line) => line.key));
    for (const [key, node] of nodes) {
      if (keys.has(key)) continue;
      node.remove();
      nodes.delete(key);
    }
    let at = list.firstElementChild;
    for (const line of wanted) {
      let node = nodes.get(line.key);
      if (!node) nodes.set(line.key, (node = make(line)));
      renew(node, line);
      if (node === at) at = at.nextElementSibling;
      else list.insertBefore(node, at);
    }
    if (stick) toEnd();
  }

  function make(line) {
    if (line.kind === "day" || line.kind === "new") {
      return element("div", `message message-system${line.kind === "new" ? " message-new" : ""}`, element("span", "", line.text));
    }
    if (line.kind === "system") {
      const text = element("span", "", words(line.text), " · ", timeElement(line.at));
      return element("div", "message message-system", text);
    }
    const body = element("div", "message-body");
    body.dir = "auto";
    body.append(words(line.text));
    const meta = element("div", "message-meta");
    const node = element("div", `message message-${line.kind}`);
    if (line.kind === "note") {
      meta.append(icon("lock"), element("strong", "", "Note"), element("span", "", `${visible(line.author)} · `, timeElement(line.at), " · only your team sees this"));
      node.append(meta);
    }
    if (line.text) node.append(body);
    if (line.attachments?.length) node.append(element("div", "message-files"));
    if (line.kind !== "note") node.append(meta);
    else node.append(element("div", "message-meta message-state"));
    guise?.adorn(node, line);
    return node;
  }

  function renew(node, line) {
    if (line.seq) node.dataset.seq = line.seq;
    if (line.client_msg_id) node.dataset.clientId = line.client_msg_id;
    if (line.kind === "day" || line.kind === "system" || line.kind === "new") return;
    node.classList.toggle("message-follows", Boolean(line.follows));
    node.classList.toggle("message-leads", Boolean(line.leads));
    renewFiles(node, line);
    const mark = `${line.state}|${line.author}|${line.at}|${line.failed ?? ""}|${line.mail?.state ?? ""}|${line.delivery?.state ?? ""}|${guise?.mark?.(line) ?? ""}`;
    if (node.dataset.mark === mark) return;
    node.dataset.mark = mark;
    node.dataset.state = line.state;
    const meta = node.querySelector(line.kind === "note" ? ".message-state" : ".message-meta");
    const parts = line.kind === "note" ? [] : (guise?.heading(line) ?? [visible(line.author), formerly(line) ?? "", " · ", timeElement(line.at)]);
    meta.replaceChildren(...parts, ...(guise?.marks(line) ?? stateMarks(line)));
    const foot = guise?.foot?.(line) ?? null;
    node.querySelector(":scope > .message-foot")?.remove();
    if (foot) node.append(foot);
  }

  function stateMarks(line) {
    if (line.state === "pending") return [icon("clock"), "Sending"];
    if (talk.byText && line.kind === "agent" && line.state !== "failed") return deliveryMarks(line.delivery);
    if (line.state === "sent") return [icon("check"), element("span", "visually-hidden", "Sent")];
    if (line.state === "read") return [icon("check-check"), "Read"];
    if (line.state !== "failed") return [];
    const retry = small("Try again", () => talk.again(line.client_msg_id));
    const edit = small("Edit", () => talk.drop(line.client_msg_id));
    return [icon("circle-alert"), `Not sent. ${line.failed} `, retry, edit];
  }

  const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
  const toEnd = () => (scroll.scrollTop = scroll.scrollHeight);

  /** Runs `change`, which adds above, and leaves what is being read where it is. */
  function keepPlace(change) {
    const below = scroll.scrollHeight - scroll.scrollTop;
    change();
    scroll.scrollTop = scroll.scrollHeight - below;
  }

  // The composer grows when somebody writes: who read the end goes on seeing it.
  let ended = null;
  const note = () => (ended = isAtEnd());
  scroll.addEventListener("scroll", note, { passive: true });
  new ResizeObserver(() => {
    if (ended) toEnd();
    note();
  }).observe(scroll);

  return { draw, toEnd, isAtEnd, keepPlace };
}

/** Who wrote before their record was merged keeps the name; a sign says whose it is now. */
export function formerly(line) {
  if (!line.former) return null;
  const words = `Written as ${visible(line.author)}. The record was merged into ${visible(line.former)}.`;
  const sign = element("span", "message-former", icon("git-merge"), element("span", "visually-hidden", words));
  sign.title = words;
  return sign;
}

/** By text the carrier says what became of our words. */
function deliveryMarks(delivery) {
  const { state, error } = delivery ?? { state: "queued" };
  const said = (name, words) => [icon(name), element("span", "", words)];
  if (state === "queued") return said("clock", error ? `Not sent yet: ${error}` : "On its way");
  if (state === "sent") return said("check", "Sent");
  if (state === "delivered") return said("check-check", "Delivered");
  if (state === "read") return said("check-check", "Read");
  return [icon("circle-alert"), element("span", "message-trouble", `Not delivered: ${error}`)];
}

/** A file that is still at the carrier's takes its place when it has come. */
function renewFiles(node, line) {
  const shelf = node.querySelector(":scope > .message-files");
  const mark = (line.attachments ?? []).map((file) => `${file.id} ${file.awaited ?? ""}`).join("|");
  if (!shelf || shelf.dataset.mark === mark) return;
  shelf.dataset.mark = mark;
  shelf.replaceChildren(...line.attachments.map((file) => (file.awaited ? awaitedFile(file) : fileLink(file))));
}

function awaitedFile(file) {
  const fetching = file.awaited === "fetching";
  const words = fetching ? `${visible(file.name)} is being fetched` : `${visible(file.name)} could not be fetched: ${file.why}`;
  return element("span", "file-chip file-awaited", icon(fetching ? "hourglass" : "circle-alert"), element("span", "", words));
}

export function small(text, run) {
  const button = element("button", "btn btn-small", text);
  button.type = "button";
  button.addEventListener("click", run);
  return button;
}

function fileLink(file) {
  const name = visible(file.name);
  if (file.type?.startsWith("audio/")) return playerFor(`/desk/files/${file.id}`, name, file.seconds ?? null);
  const link = element("a", "file-chip", icon("file"), element("span", "clip", name), element("span", "muted small", size(file.size)));
  link.href = `/desk/files/${file.id}`;
  link.setAttribute("download", file.name);
  link.title = `Download ${name}`;
  if (SHOWN.test(file.type) && file.size <= SHOWN_UP_TO) {
    const picture = element("img", "file-picture");
    picture.alt = name;
    picture.loading = "lazy";
    picture.width = 220;
    picture.height = 140;
    picture.src = link.href;
    link.classList.add("file-chip-picture");
    link.prepend(picture);
  }
  return link;
}

function dayText(at) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return dayName.format(at) + (at.getFullYear() === new Date().getFullYear() ? "" : ` ${at.getFullYear()}`);
}
