/* Raster tiles out of one .pmtiles file (version 3), asked for by ranges of bytes: no tile server needed. The
   directories are small and kept; a tile is one request. Not for vector tiles. */
import { asText } from "./map.js";

const HEADER = 127;
const ROOT_WITHIN = 16384;
const GZIP = 2;
const KINDS = { 2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif" };
const DEEPEST = 4; // directories that lead to further ones

/** A layer for Leaflet over the file at `address`. */
export async function layer(L, address, by) {
  const archive = await open(address);
  const Tiles = L.GridLayer.extend({
    createTile(at, done) {
      const made = document.createElement("img");
      made.alt = "";
      archive.tile(at.z, at.x, at.y).then(
        (found) => {
          if (!found) return done(null, made);
          made.onload = () => {
            URL.revokeObjectURL(made.src);
            done(null, made);
          };
          made.src = URL.createObjectURL(found);
        },
        (error) => done(error, made),
      );
      return made;
    },
  });
  return new Tiles({ attribution: asText(by), minZoom: 0, maxZoom: 19, minNativeZoom: archive.minZoom, maxNativeZoom: archive.maxZoom });
}

async function open(address) {
  const first = await range(address, 0, ROOT_WITHIN);
  const view = new DataView(first);
  if (new TextDecoder().decode(first.slice(0, 7)) !== "PMTiles" || view.getUint8(7) !== 3) throw new Error("This is no map file of version 3.");
  const whole = (at) => Number(view.getBigUint64(at, true));
  const head = { rootAt: whole(8), rootSize: whole(16), leavesAt: whole(40), tilesAt: whole(56), packing: view.getUint8(97), tilePacking: view.getUint8(98), kind: KINDS[view.getUint8(99)] };
  if (!head.kind) throw new Error("This map file holds no pictures.");
  const kept = new Map([["root", await entries(first.slice(head.rootAt, head.rootAt + head.rootSize), head.packing)]]);
  return { minZoom: view.getUint8(100), maxZoom: view.getUint8(101), tile: (z, x, y) => find(address, head, kept, tileId(z, x, y)) };
}

async function find(address, head, kept, id) {
  let directory = kept.get("root");
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const entry = lookUp(directory, id);
    if (!entry) return null;
    if (entry.run > 0) {
      const bytes = await range(address, head.tilesAt + entry.at, entry.size);
      return new Blob([head.tilePacking === GZIP ? await unpacked(bytes) : bytes], { type: head.kind });
    }
    const key = `${entry.at}`;
    if (!kept.has(key)) kept.set(key, entries(await range(address, head.leavesAt + entry.at, entry.size), head.packing));
    directory = await kept.get(key);
  }
  return null;
}

/* The last entry that begins at or before it; a run covers as many tiles, a leaf all until the next. */
export function lookUp(directory, id) {
  let low = 0;
  let high = directory.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (directory[middle].id <= id) low = middle + 1;
    else high = middle - 1;
  }
  const entry = directory[high];
  return entry && (entry.run === 0 || id < entry.id + entry.run) ? entry : null;
}

async function entries(bytes, packing) {
  return directoryOf(new Uint8Array(packing === GZIP ? await unpacked(bytes) : bytes));
}

/** A directory: ids by their differences, runs, sizes, places, each as a list of numbers. */
export function directoryOf(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  const count = number();
  const found = Array.from({ length: count }, () => ({ id: 0, run: 0, size: 0, at: 0 }));
  let id = 0;
  for (const one of found) one.id = id += number();
  for (const one of found) one.run = number();
  for (const one of found) one.size = number();
  found.forEach((one, n) => {
    const told = number();
    one.at = told === 0 && n > 0 ? found[n - 1].at + found[n - 1].size : told - 1;
  });
  return found;
}

/** A tile's number along the Hilbert curve, after all tiles of the zooms before. */
export function tileId(z, x, y) {
  let id = 0;
  for (let zoom = 0; zoom < z; zoom += 1) id += 4 ** zoom;
  let [tx, ty] = [x, y];
  for (let side = 2 ** (z - 1); side >= 1; side /= 2) {
    const rx = Math.floor(tx / side) % 2;
    const ry = Math.floor(ty / side) % 2;
    id += side * side * ((3 * rx) ^ ry);
    if (ry === 0) {
      if (rx === 1) [tx, ty] = [side - 1 - tx % side, side - 1 - ty % side];
      else [tx, ty] = [tx % side, ty % side];
      [tx, ty] = [ty, tx];
    } else [tx, ty] = [tx % side, ty % side];
  }
  return id;
}

async function unpacked(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function range(address, at, size) {
  const answer = await fetch(address, { headers: { Range: `bytes=${at}-${at + size - 1}` } });
  if (answer.status === 206) return answer.arrayBuffer();
  if (answer.ok) throw new Error("The server of the map file answers no ranges of bytes.");
  throw new Error("The map file can't be reached.");
}
