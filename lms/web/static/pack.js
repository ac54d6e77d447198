// Getting a pack: which chunks are missing, asking for them part by part, checking each by its digest, putting files together again.
// Where chunks are kept and how parts are fetched is the device's business: { has(digest), keep(digest, bytes), get(digest), fetch(digests),
// digest(bytes), paused() }, all but the last asynchronous. So this can be interrupted anywhere and goes on with what has arrived.
export const MOST = 262144; // bytes of a part
export const TRIES = 3; // parts of which nothing was sound

// [[digest, size, size on its way], …] of what a pack needs, each once.
export function chunksOf(manifest) {
  const found = new Map();
  for (const file of manifest.files) for (const chunk of file.chunks) found.set(chunk[0], chunk);
  return [...found.values()];
}

export async function missingOf(manifest, device) {
  const missing = [];
  for (const chunk of chunksOf(manifest)) if (!(await device.has(chunk[0]))) missing.push(chunk);
  return missing;
}

// How many files are new or differ, and how many bytes travel.
export function sumOf(manifest, missing) {
  const digests = new Set(missing.map(([digest]) => digest));
  const files = manifest.files.filter((file) => file.chunks.some(([digest]) => digests.has(digest))).length;
  return { files, bytes: missing.reduce((sum, [, , sent]) => sum + sent, 0), room: missing.reduce((sum, [, size]) => sum + size, 0) };
}

// The digests to ask for next: as many as a part holds.
export function nextPart(missing) {
  let size = 0;
  const wanted = [];
  for (const [digest, length] of missing) {
    size += length + 4;
    if (wanted.length && (size > MOST || wanted.length === 40)) break;
    wanted.push(digest);
  }
  return wanted;
}

// The pieces of a part, each after its length in four bytes; what was cut off at the end is left out.
export function piecesOf(buffer) {
  const view = new DataView(buffer);
  const pieces = [];
  for (let at = 0; at + 4 <= buffer.byteLength;) {
    const end = at + 4 + view.getUint32(at);
    if (end > buffer.byteLength) break;
    pieces.push(new Uint8Array(buffer.slice(at + 4, end)));
    at = end;
  }
  return pieces;
}

// Fetches what is missing; true when nothing is missing any more, false when it was paused. Throws "damaged", and what the device throws.
export async function fetchMissing(manifest, device, tell = () => {}) {
  let missing = await missingOf(manifest, device);
  let tries = 0;
  tell(missing);
  while (missing.length && !device.paused()) {
    const wanted = new Set(nextPart(missing));
    let sound = 0;
    for (const bytes of piecesOf(await device.fetch([...wanted]))) {
      const digest = await device.digest(bytes);
      if (!wanted.delete(digest)) continue; // damaged on its way, or not asked for: it is fetched again
      await device.keep(digest, bytes);
      missing = missing.filter((chunk) => chunk[0] !== digest);
      sound += 1;
      tell(missing);
    }
    tries = sound ? 0 : tries + 1;
    if (tries === TRIES) throw new Error("damaged");
  }
  return !missing.length;
}

// The bytes of a file; null when a chunk is not there.
export async function assemble(file, device) {
  const parts = [];
  for (const [digest] of file.chunks) {
    const bytes = await device.get(digest);
    if (!bytes) return null;
    parts.push(bytes);
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
