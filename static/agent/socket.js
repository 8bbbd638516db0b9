/* The desk's one socket. `ask` sends and waits for the acknowledgement; events are heard with `hear`. */
import { io } from "/static/vendor/socket.io-client/socket.io.esm.min.js";
import { Refused } from "./net.js";
import { isSignedOut, signedOut } from "./signed_out.js";

const PATIENCE = 8000;
const AGAIN = 500;
const BACK_SOON = 3000;

export const socket = io("/agent", {
  path: "/socket.io",
  transports: ["websocket"],
  query: { watch: "close" }, // a server that is gone without a word shows on the live sign within eight seconds
  autoConnect: false,
  reconnectionDelay: 400,
  reconnectionDelayMax: 4000,
});

/** Whether the line is there, after a moment's grace: most breaks are over before anybody could press again. */
function isBack() {
  if (socket.connected) return true;
  if (!socket.active || !navigator.onLine) return false;
  return new Promise((tell) => {
    const over = (is) => {
      clearTimeout(late);
      socket.off("connect", back);
      tell(is);
    };
    const back = () => over(true);
    const late = setTimeout(over, BACK_SOON, false);
    socket.once("connect", back);
  });
}

/** The answer, or Refused: with the server's own words, or status 0 when nobody answered. */
export async function ask(event, payload = {}) {
  if (!(await isBack())) throw new Refused(0, "You are offline. Try again when the sign says Live.");
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
  if (error.message === "not_signed_in") signedOut();
});
// The server closes it when a session, a role or an account has changed; asking again tells which.
socket.on("disconnect", (why) => {
  if (why === "io server disconnect") setTimeout(() => isSignedOut() || socket.connect(), AGAIN);
});
document.addEventListener("signed-out", () => socket.disconnect());
