/* Pictures: taken or chosen, made small enough for a thin net, kept with the command that names them. */
import { h, icon, say } from "./draw.js";
import { add } from "./queue.js";
import { sha256 } from "./canonical.js";
import { state, visit } from "./state.js";
import { complain } from "./trouble_words.js";

const LONGEST_SIDE = 1920;
const SMALL_SIDE = 240;
const MOST_BYTES = 15 * 1024 * 1024;

/** The pictures of one line of the checklist, or those that belong to no line. */
export function pictures(one, line, again) {
  const key = line?.key ?? "";
  const mine = visit(one.id).files.filter((file) => (file.key ?? "") === key);
  const input = h("input", { type: "file", accept: "image/*", capture: "environment", multiple: true, class: "sr-only", "aria-label": line ? `Take a picture: ${line.text}` : "Another picture" });
  input.addEventListener("change", async () => {
    for (const file of [...input.files]) await keep(one, key, file);
    again();
  });
  return h(
    "div",
    { class: "asked" },
    line && h("p", null, line.text, line.needed && h("span", { class: "quiet" }, " (needed)")),
    mine.length > 0 && h("ul", { class: "shots" }, mine.map(shot)),
    h("label", { class: "button" }, icon("camera"), h("span", null, mine.length || !line ? "Another picture" : "Take a picture"), input),
  );
}

function shot(file) {
  const here = state.files.find((one) => one.id === file.id);
  const at_server = file.is_complete ?? true;
  const picture = h("img", { alt: `Picture ${file.name}`, src: here?.small ? URL.createObjectURL(here.small) : `/tech/files/${file.id}/small`, width: 96, height: 96 });
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
  return h("li", null, picture, h("span", { class: "quiet" }, at_server || here?.is_complete ? "sent" : "on this phone"));
}

async function keep(one, key, file) {
  try {
    const blob = await scaled(file, LONGEST_SIDE, 0.85);
    if (blob.size > MOST_BYTES) {
      say("This picture is larger than 15 MB, so it was not kept. Take it again with a lower resolution.");
      return;
    }
    const id = crypto.randomUUID();
    const small = await scaled(file, SMALL_SIDE, 0.7).catch(() => null);
    const name = (file.name || "picture.jpg").replace(/\.\w+$/, blob.type === "image/jpeg" ? ".jpg" : "$&").slice(-120);
    const body = { file_id: id, name, content_type: blob.type || "application/octet-stream", size: blob.size, sha256: await sha256(await blob.arrayBuffer()), key };
    await add(one, "photo", body, { id, visit_id: one.id, name, blob, small, size: blob.size, sent: 0, is_complete: false });
  } catch (error) {
    complain(error);
  }
}

/** A JPEG without what the camera wrote into it, where it was taken for instance. */
async function scaled(file, side, quality) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const share = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * share));
  canvas.height = Math.max(1, Math.round(picture.height * share));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/jpeg", quality));
}
