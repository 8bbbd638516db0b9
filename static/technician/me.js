/* Who is signed in on this phone, what it may do, and the way out. */
import { button, h, link, section, say } from "./draw.js";
import { ask } from "./net.js";
import { state, unsent_files } from "./state.js";
import { change, room } from "./store.js";
import { position_is_on, set_position } from "./position.js";
import { bytes, clock } from "./words.js";

export function draw_me(rest, { again }) {
  const { day } = state;
  const free = h("span", null, "…");
  room().then((left) => (free.textContent = left === null ? "The browser does not say how much space is left." : `${bytes(left)} left for this app.`));
  return [
    h("h1", null, day?.me.name ?? "This phone"),
    section("This phone", h("p", null, free), day && h("p", { class: "quiet" }, `Visits fetched ${clock(day.fetched_at)}.`), state.no_worker && h("p", { class: "card warn" }, "This browser can't keep the app itself, so it does not start without a net.")),
    section("Where I am", h("p", null, "While you are on the way to a visit, and only then, this phone may tell where it is: rounded to about 100 metres, so that the customer sees when you come. Nothing is kept of it."), toggle(again)),
    section("Look", h("div", { class: "pair" }, ...["light", "dark", "device"].map((name) => button({ light: "Light", dark: "Dark", device: "As the phone" }[name], () => theme(name))))),
    section("Leave", day ? leaving() : link("Sign in", "/sign-in?next=/tech", { sign: "log-in" }), link("My account", "/account", { sign: "settings" })),
  ];
}

function toggle(again) {
  const is_on = position_is_on();
  return button(is_on ? "Tell no more where I am" : "Tell where I am while driving", async () => {
    await set_position(!is_on);
    again();
  }, { sign: is_on ? "circle-off" : "navigation", "aria-pressed": String(is_on), "data-key": "position" });
}

function theme(name) {
  try {
    if (name === "device") localStorage.removeItem("theme");
    else localStorage.setItem("theme", name);
  } catch {
    // Then it holds until the app is closed.
  }
  const dark = name === "dark" || (name === "device" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

function leaving() {
  const waits = state.queue.length + unsent_files().length;
  if (waits) return h("p", { class: "quiet" }, "You can sign out once everything is sent. So nothing stays behind on a phone that somebody else may hold.");
  return button("Sign out and clear this phone", leave, { sign: "log-out" });
}

async function leave() {
  try {
    await ask("/tech/hello");
    const form = h("form", { method: "post", action: "/sign-out" }, h("input", { type: "hidden", name: "_csrf", value: state.day.csrf }));
    await change(["kept", "queue", "files", "drafts", "troubles"], (...stores) => {
      const mine = state.day.me.id;
      const [kept, , files, drafts, troubles] = stores;
      kept.clear();
      drafts.clear();
      for (const [store, rows] of [[files, state.files], [troubles, state.troubles]]) rows.filter((one) => one.owner === mine).forEach((one) => store.delete(one.id));
    });
    document.body.append(form);
    form.submit();
  } catch {
    say("Signing out needs a net. Nothing was changed.");
  }
}
