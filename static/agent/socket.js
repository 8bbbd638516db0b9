/* The desk's one socket. `ask` sends and waits for the acknowledgement; events are heard with `hear`. */
import { io } from "/static/vendor/socket.io-client/socket.io.esm.min.js";
import { Refused } from "./net.js";

const PATIENCE = 8000;

export const socket = io("/agent", {
  path: "/socket.io",
  transports: ["websocket"],
  autoConnect: false,
  reconnectionDelay: 400,
  reconnectionDelayMax: 4000,
});

/** The answer, or Refused: with the server's own words, or status 0 when nobody answered. */
export async function ask(event, payload = {}) {
  if (!socket.connected) throw new Refused(0, "You are offline. Try again when the sign says Live.");
  let answer;
  try {
    answer = await socket.timeout(PATIENCE).emitWithAck(event, payload);
  } catch {
    throw new Refused(0, "No answer from the server. Try again in a moment.");
  }
  if (answer?.error) throw new Refused(409, answer.error.message, { code: answer.error.code });
  return answer ?? {};
}

/** Sends where losing it does no harm (typing, what is watched). */
export function tell(event, payload) {
  if (socket.connected) socket.emit(event, payload, () => {});
}

export function hear(event, run) {
  socket.on(event, run);
}

socket.on("connect_error", (error) => {
  if (error.message === "not_signed_in") location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
});
