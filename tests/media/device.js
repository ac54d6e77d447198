// A device for tests of static/pack.js: a server that answers badly when it is told to, and a store that forgets nothing.
function sha256(bytes) {
  const K = [], H = [];
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (H.length < 8) H.push((Math.sqrt(n) * 2 ** 32) >>> 0);
    K.push(((Math.cbrt(n) % 1) * 2 ** 32) >>> 0);
  }
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const data = new Uint8Array(length);
  data.set(bytes);
  data[bytes.length] = 128;
  new DataView(data.buffer).setUint32(length - 4, bytes.length * 8);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const hash = H.map((h) => h | 0);
  for (let at = 0; at < length; at += 64) {
    const w = new Int32Array(64);
    for (let i = 0; i < 16; i++) w[i] = new DataView(data.buffer).getInt32(at + i * 4);
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      w[i] = (w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let i = 0; i < 64; i++) {
      const x = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const y = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + x) | 0, c, b, a, (x + y) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i] = (hash[i] + value) | 0; });
  }
  const out = [];
  for (const value of hash) out.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  return out;
}

function base64(bytes) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
    text += letters[(n >> 18) & 63] + letters[(n >> 12) & 63] + letters[(n >> 6) & 63] + letters[n & 63];
  }
  return text.slice(0, Math.ceil((bytes.length * 8) / 6));
}

const digestOf = (bytes) => base64(sha256(bytes));

function deviceOf(chunks, kept, faults, log) {
  let paused = false;
  return {
    has: async (digest) => digest in kept,
    get: async (digest) => (digest in kept ? new Uint8Array(kept[digest]) : null),
    keep: async (digest, bytes) => { kept[digest] = [...bytes]; },
    digest: async (bytes) => digestOf(bytes),
    paused: () => paused,
    async fetch(digests) {
      const fault = faults.shift() || { kind: "none" };
      log.push(...digests);
      if (fault.kind === "line") throw new TypeError("no line");
      if (fault.kind === "pause") paused = true;
      let out = [];
      const order = fault.kind === "turned" ? [...digests].reverse() : digests;
      for (const digest of order) {
        const bytes = chunks[digest];
        out.push((bytes.length >>> 24) & 255, (bytes.length >>> 16) & 255, (bytes.length >>> 8) & 255, bytes.length & 255, ...bytes);
      }
      if (fault.kind === "cut") out = out.slice(0, fault.at % (out.length + 1));
      if (fault.kind === "flip" && out.length) out[fault.at % out.length] ^= 1 + (fault.at % 255);
      return new Uint8Array(out).buffer;
    },
  };
}

// Runs until the pack is there, begun anew after each interruption as after a reload; returns the files and what was asked for.
async function run(manifest, chunks, kept, faults) {
  const log = [];
  for (let turn = 0; turn < 200; turn++) {
    try {
      if (await fetchMissing(manifest, deviceOf(chunks, kept, faults, log))) break;
    } catch (error) { if (!(error instanceof TypeError) && error.message !== "damaged") throw error; }
  }
  const device = deviceOf(chunks, kept, [], log);
  const files = [];
  for (const file of manifest.files) files.push([...(await assemble(file, device))]);
  return JSON.stringify({ files, log, wrong: Object.keys(kept).filter((digest) => digestOf(kept[digest]) !== digest) });
}
