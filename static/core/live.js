/* The live sign: are we seeing changes as they happen, catching up, or cut off? Given a socket.io
   socket it follows the connection; whoever fetches what was missed says when that is done. */

/** "live", "catching_up" or "offline". Also sets data-live on <html>, for styles and tests. */
export function setLive(state) {
  if (document.documentElement.dataset.live === state) return;
  document.documentElement.dataset.live = state;
  for (const sign of document.querySelectorAll("[data-live][data-state]")) sign.dataset.state = state;
  document.dispatchEvent(new CustomEvent("live", { detail: state }));
}

/**
 * Follows `socket`. After each connect `catchUp()` is awaited (fetch what came since the last seen sequence);
 * only then the sign says live. A failed catch-up says offline and is tried again after `retryMs`.
 */
export function follow(socket, catchUp = async () => {}, { retryMs = 2000 } = {}) {
  let round = 0;
  const connected = async () => {
    const mine = ++round;
    setLive("catching_up");
    try {
      await catchUp();
      if (mine === round && socket.connected) setLive("live");
    } catch {
      if (mine !== round) return;
      setLive("offline");
      setTimeout(() => mine === round && socket.connected && connected(), retryMs);
    }
  };
  const lost = () => {
    round += 1;
    setLive("offline");
  };
  socket.on("connect", connected);
  socket.on("disconnect", lost);
  socket.on("connect_error", lost);
  addEventListener("offline", lost);
  addEventListener("online", () => (socket.connected ? connected() : socket.connect()));
  if (socket.connected) connected();
  else setLive("catching_up");
}
