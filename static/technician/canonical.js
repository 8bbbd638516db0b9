/* One text for one content, whoever writes it: keys in order, no blanks, whole numbers only. The server makes the
   same one (helpdesk/field_service/signed.py), so both come to the same digest. */

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

export async function sha256(data) {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is put before the customer, and then signed: the server builds the same from what it was told. */
export function content_of(visit, parts, words) {
  const { work, type } = visit;
  return {
    checklist: type.checklist
      .filter((line) => line.kind !== "photo")
      .map((line) => ({ answer: answered(work.checklist[line.key], words), key: line.key, text: line.text })),
    minutes: work.spent_s === null ? null : Math.round(work.spent_s / 60),
    number: visit.number,
    parts: work.parts_used
      .map((one) => ({ name: parts.get(one.part_id)?.name ?? "?", part_id: one.part_id, quantity: one.quantity }))
      .sort((a, b) => (a.part_id < b.part_id ? -1 : 1)),
    photos: visit.files.length,
    place: visit.place.address,
    remark: work.note,
    statement: words.statement,
    type: type.customer_name,
  };
}

function answered(value, words) {
  if (value === undefined || value === "") return "";
  return typeof value === "boolean" ? (value ? words.yes : words.no) : String(value);
}
