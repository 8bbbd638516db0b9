/* Calling the customer by our number: the server has the technician's own phone rung first. Needs a net. */
import { say } from "./draw.js";
import { ask, Away, SignedOut } from "./net.js";

export async function call_customer(one) {
  try {
    const { status, told } = await ask(`/tech/visits/${one.id}/call`, { method: "POST", json: { client_id: crypto.randomUUID() } });
    say(status < 300 ? "Your phone rings in a moment. Pick up, and the customer is called." : told.detail);
  } catch (error) {
    if (error instanceof SignedOut) return say("Sign in first, then call.");
    say(error instanceof Away ? "Calling by our number needs a net." : "The call could not be placed. Try again.");
  }
}
