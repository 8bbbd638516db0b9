/* Who else has this ticket open, and who of them is writing: each browser says so now and then, and forgets
   those who stopped saying it. Nothing of what they write is told. */
import { element, icon } from "/static/core/icons.js";
import { timeElement } from "/static/core/time.js";
import { getJson } from "./net.js";
import { hear, tell } from "./socket.js";
import { visible } from "./words.js";

const EVERY = 12000;
const FORGET = 30000;
const TYPING = 6000;
let here = null;

/** Answers {draw, wrote, say, end}. */
export function makeHere(ticket) {
  const others = new Map(); // seat -> {user, state, at}
  let wroteAt = 0;
  const writing = () => Date.now() - wroteAt < TYPING;
  const say = (asks = false) => tell("ticket.here", { ticket_id: ticket.id, writing: writing(), asks });
  let told = false;

  const timer = setInterval(() => {
    const old = Date.now() - FORGET;
    for (const [seat, one] of others) if (one.at < old) others.delete(seat);
    say();
    told = writing();
    draw();
  }, EVERY);

  function draw() {
    const place = ticket.node.querySelector("[data-here]");
    if (!place) return;
    const people = new Map();
    for (const one of others.values()) if (people.get(one.user) !== "writing") people.set(one.user, one.state);
    for (const { id, name } of ticket.begun) ticket.people[id] ??= name;
    const unknown = [...people.keys()].some((id) => !ticket.people[id]);
    if (unknown) learn();
    const parts = [...people].map(([id, state]) => {
      const name = visible(ticket.people[id] ?? "A colleague");
      const chip = element("span", `here-chip${state === "writing" ? " here-writing" : ""}`, icon(state === "writing" ? "pencil" : "eye"), `${name} ${state === "writing" ? "is writing" : "is looking"}`);
      return chip;
    });
    for (const one of ticket.begun.filter((draft) => !people.has(draft.id))) {
      const word = `${visible(one.name)} has begun a ${one.public ? "reply" : "note"}, `;
      parts.push(element("span", "here-chip", icon("pencil-line"), word, timeElement(one.at)));
    }
    const before = place.textContent;
    if (before !== parts.map((one) => one.textContent).join("")) place.replaceChildren(...parts);
  }

  let learning = null;
  function learn() {
    learning ??= getJson("/desk/people")
      .then((answer) => Object.assign(ticket.people, answer.people))
      .then(draw)
      .catch(() => {})
      .finally(() => (learning = null));
  }

  function heard({ ticket_id, user_id, seat, state, asks }) {
    if (ticket_id !== ticket.id || user_id === ticket.me) return;
    if (state === "gone") {
      others.delete(seat);
      document.dispatchEvent(new CustomEvent("ticket-changed")); // perhaps they leave a draft behind
    }
    else others.set(seat, { user: user_id, state, at: Date.now() });
    draw();
    if (asks) say();
  }

  here = { heard };
  const mine = here;
  say(true);
  return {
    draw,
    say,
    wrote() {
      wroteAt = Date.now();
      if (!told) {
        told = true;
        say();
      }
    },
    stopped() {
      wroteAt = 0;
      told = false;
      say();
    },
    end() {
      clearInterval(timer);
      if (here === mine) here = null;
    },
  };
}

hear("ticket.here", (frame) => here?.heard(frame));
