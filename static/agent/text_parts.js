/* How a text is counted: characters, and as how many parts it is sent. The same as helpdesk/texts/parts.py. */
const GSM = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM_DOUBLE = new Set("^{}\\[~]|€\f");
const ROOM = { gsm: [160, 153], ucs: [70, 67] };

/** {units, parts, left, plain}: `plain` is false once one character is outside the GSM alphabet. */
export function countParts(text) {
  const letters = [...text];
  const plain = letters.every((one) => GSM.has(one) || GSM_DOUBLE.has(one));
  const sizes = letters.map((one) => (plain ? (GSM_DOUBLE.has(one) ? 2 : 1) : one.length));
  const [alone, each] = plain ? ROOM.gsm : ROOM.ucs;
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= alone) return { units, parts: 1, left: alone - units, plain };
  let parts = 1;
  let filled = 0;
  for (const size of sizes) {
    if (filled + size > each) [parts, filled] = [parts + 1, 0];
    filled += size;
  }
  return { units, parts, left: each - filled, plain };
}
