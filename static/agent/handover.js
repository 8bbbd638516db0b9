/* Transfer, ask a colleague, another customer: one dialog shape, a list to pick from by typing. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { element, icon } from "/static/core/icons.js";
import { toast } from "/static/core/toast.js";
import { forget, go, reload } from "./navigation.js";
import { getJson, postJson } from "./net.js";
import { ask } from "./socket.js";
import { refreshWork } from "./work.js";
import { current } from "./talk.js";
import { visible } from "./words.js";

const DOTS = { free: "available", break: "break", training: "training", not_responding: "not_responding" };

export async function everybody() {
  const { queues, people } = await getJson("/desk/targets");
  return {
    queues: queues.map((q) => ({ id: q.id, kind: "queue", title: q.name, note: q.waiting ? `${q.waiting} waiting` : "Nobody waits", icon: "layers", group: "Queues" })),
    people: people.map((p) => ({ id: p.id, kind: "agent", title: p.name, note: p.word, dot: DOTS[p.state] ?? "offline", group: "Colleagues" })),
  };
}

const KINDS = {
  transfer: {
    dialog: "transfer",
    async list() {
      const { queues, people } = await everybody();
      return [...people.filter((p) => p.dot !== "offline"), ...queues, ...people.filter((p) => p.dot === "offline")];
    },
    send: (talk, picked, form) =>
      postJson(`/desk/conversations/${talk.id}/transfer`, {
        [picked.kind === "queue" ? "to_queue" : "to_agent"]: picked.id,
        note: form.elements.note.value,
      }),
    done(talk, picked) {
      toast(`Transferred to ${picked.title}`, { tone: "success" });
      forget(`/desk/conversations/${talk.id}`);
      return go("/desk");
    },
  },
  consult: {
    dialog: "consult",
    begin(talk, form) {
      form.querySelector("#consult-question-hint").textContent =
        talk.channel === "call" ? "It rings at their desk, and they come into the call. It stays yours." : "The conversation stays with you. They read along and answer with notes.";
    },
    list: async () => (await everybody()).people,
    send: (talk, picked, form) => {
      const question = form.elements.question.value;
      if (talk.channel === "call") return ask("call.ask", { conversation_id: talk.id, user_id: picked.id, question });
      return postJson(`/desk/conversations/${talk.id}/consult`, { user_id: picked.id, question });
    },
    done(talk, picked) {
      if (talk.channel === "call") return toast(`Calling ${picked.title}`);
      toast(`${picked.title} was asked. They answer with a note.`);
      return reload();
    },
  },
  link: {
    dialog: "link-customer",
    async list(text) {
      if (text.length < 2) return [];
      const { items } = await getJson(`/desk/palette?q=${encodeURIComponent(text)}`);
      return items.map((one) => ({ id: one.customer_id, kind: "customer", title: one.title, icon: "user-round", group: one.group }));
    },
    searches: true,
    send: (talk, picked) => postJson(`/desk/conversations/${talk.id}/customer`, { customer_id: picked.id }),
    done(talk, picked, answer) {
      const back = async () => {
        await postJson(`/desk/conversations/${talk.id}/customer`, { customer_id: answer.before });
        await go(`/desk/conversations/${talk.id}`, { push: false });
      };
      toast(`Moved to ${picked.title}`, { undo: back });
      forget(`/desk/conversations/${talk.id}`);
      return go(`/desk/conversations/${talk.id}`, { push: false });
    },
  },
};

export function openHandover(name) {
  const talk = current();
  if (!talk) return;
  const kind = KINDS[name];
  const form = document.querySelector(`[data-handover="${name}"]`);
  form.reset();
  kind.begin?.(talk, form);
  const pick = makePick(form, kind);
  const error = form.querySelector("[data-error]");
  error.hidden = true;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const picked = pick.chosen();
    if (!picked) return say(error, "Choose one from the list first.");
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const answer = await kind.send(talk, picked, form);
      closeDialog(kind.dialog);
      refreshWork().catch(() => {});
      await kind.done(talk, picked, answer);
    } catch (refused) {
      say(error, refused.message);
    } finally {
      button.disabled = false;
    }
  };
  form.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  };
  openDialog(kind.dialog);
  form.querySelector("[data-pick-find]").focus();
}

function say(place, text) {
  place.textContent = text;
  place.hidden = false;
}

/** A list to pick from by typing: `kind` {list(text), searches}. Answers {chosen}. */
export function makePick(form, kind) {
  const list = form.querySelector("[data-pick]");
  const find = form.querySelector("[data-pick-find]");
  let all = [];
  let shown = [];
  let at = 0;
  let round = 0;

  async function load() {
    const mine = ++round;
    try {
      const found = await kind.list(find.value.trim());
      if (mine !== round) return;
      all = found;
      draw();
    } catch (error) {
      list.replaceChildren(element("p", "muted small", error.message));
    }
  }

  function draw() {
    const text = find.value.trim().toLowerCase();
    shown = kind.searches ? all : all.filter((one) => one.title.toLowerCase().includes(text));
    at = Math.min(at, Math.max(0, shown.length - 1));
    const lines = shown.map((one, number) => {
      const mark = element("span", "pick-mark", one.dot ? element("span", `presence-dot presence-${one.dot}`) : icon(one.icon));
      const line = element("div", "pick-line", mark, element("span", "grow clip", visible(one.title)), element("span", "muted small", one.note ?? ""));
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(number === at));
      line.addEventListener("click", () => {
        at = number;
        draw();
      });
      return line;
    });
    if (!lines.length) lines.push(element("p", "muted small pick-none", kind.searches && text.length < 2 ? "Type at least two letters." : "Nobody found."));
    list.replaceChildren(...lines);
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function keys(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !shown.length) return;
    event.preventDefault();
    at = (at + step + shown.length) % shown.length;
    draw();
  }
  find.onkeydown = (event) => {
    keys(event);
    if (event.key === "Enter" && !event.ctrlKey) {
      event.preventDefault();
      const next = form.querySelector("textarea");
      if (next) next.focus();
      else form.requestSubmit();
    }
  };
  list.onkeydown = keys;
  find.oninput = () => {
    at = 0;
    if (kind.searches) load();
    else draw();
  };
  list.replaceChildren();
  load();
  return { chosen: () => shown[at] ?? null };
}
