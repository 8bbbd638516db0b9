/* Pictures go in pieces, after the command that names them has its receipt. The server says how much it has, so a torn
   line costs one piece. The bytes stay on the phone until the server has checked their digest. */
import * as store from "./store.js";
import { ask } from "./net.js";
import { changed, reload, state, unsent_files } from "./state.js";

const PIECE = 192 * 1024;

export async function send_files() {
  const waiting = new Set(state.queue.filter((one) => one.kind === "photo").map((one) => one.body.file_id));
  for (const file of unsent_files()) {
    if (!waiting.has(file.id) && !file.refused) await send_file(file);
  }
}

async function send_file(file) {
  const path = `/tech/files/${file.id}`;
  let at = await ask(path);
  if (at.status === 404) return refuse(file, "This picture belongs to a visit that is not yours any more.");
  while (!at.told.is_complete) {
    const piece = await file.blob.slice(at.told.received, at.told.received + PIECE).arrayBuffer();
    at = await ask(`${path}?offset=${at.told.received}`, { method: "PUT", bytes: piece });
    if (at.status === 409) at = await ask(path); // somebody sent this piece before us
    if (at.status >= 400) return refuse(file, at.told.detail);
    state.files = state.files.map((one) => (one.id === file.id ? { ...one, sent: at.told.received } : one));
    changed();
  }
  // The small picture stays for the screen, the large one is the server's now.
  await store.change(["files"], (files) => files.put({ ...file, blob: null, is_complete: true, sent: file.size }));
  await reload();
}

async function refuse(file, why) {
  await store.change(["files"], (files) => files.put({ ...file, refused: why }));
  await reload();
}
