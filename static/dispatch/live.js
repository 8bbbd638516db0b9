/* The board's own line to the server. It only looks on: whoever has the board open is not thereby at a desk,
   and gets no offers. What changed is told by name, and those rows are asked for. */
import { io } from "/static/vendor/socket.io-client/socket.io.esm.min.js";
import { follow } from "/static/core/live.js";
import { signedOut } from "/static/agent/signed_out.js";
import { refreshDrawer } from "./drawer.js";
import { refresh } from "./moves.js";
import { refreshPlans } from "./plans.js";
import { loadWaiting } from "./waiting.js";

const GATHERED_MS = 120;
const MANY = 12; // more rows than that come with the whole day
const socket = io("/agent", {
  path: "/socket.io",
  transports: ["websocket"],
  auth: { looks_on: true },
  query: { watch: "close" },
  autoConnect: false,
  reconnectionDelay: 400,
  reconnectionDelayMax: 4000,
});
let changed = new Set();
let due = null;

/** Begins to listen; `reload()` fetches everything that is shown. */
export function listen(reload) {
  socket.on("changed", ({ subject, id }) => {
    if (subject !== "board" && subject !== "all") return;
    changed.add(subject === "all" ? "all" : id);
    due ??= setTimeout(() => catchUp(reload), GATHERED_MS);
  });
  socket.on("connect_error", (error) => {
    if (error.message === "not_signed_in") signedOut();
  });
  socket.on("disconnect", (why) => {
    if (why === "io server disconnect") setTimeout(() => socket.connect(), 500);
  });
  document.addEventListener("signed-out", () => socket.disconnect());
  let first = true;
  follow(socket, async () => {
    await socket.timeout(8000).emitWithAck("board.watch", {});
    if (!first) await reload();
    first = false;
  });
  socket.connect();
}

async function catchUp(reload) {
  due = null;
  const told = changed;
  changed = new Set();
  const rows = [...told].filter((id) => !["all", "waiting", "plans"].includes(id));
  try {
    if (told.has("all") || rows.length > MANY) await reload();
    else {
      if (rows.length) await refresh(rows);
      if (told.has("waiting")) await loadWaiting();
    }
    if (told.has("all") || told.has("plans")) refreshPlans();
    refreshDrawer();
  } catch {
    // The sign in the bar says that the line is gone; coming back fetches everything.
  }
}
