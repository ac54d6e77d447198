// A locked drawer on this device: texts that the server has not acknowledged yet. They are encrypted (AES-GCM) with a key that the pages of
// their owner carry and nobody else's do, so a next person at the same machine finds nothing to read, and signing out destroys nothing.
// Without a secure connection browsers have no encryption; then the drawer lasts as long as the tab.
const encoder = new TextEncoder();
const LEAVING = 1000; // milliseconds: a page that is loaded again may come before the one that it replaces has let go

export async function openVault(keyText) {
  if (!globalThis.crypto?.subtle) return plain(sessionStorage);
  const key = await crypto.subtle.importKey("raw", bytes(keyText), "AES-GCM", false, ["encrypt", "decrypt"]);
  let turn = Promise.resolve(); // writes happen in the order in which they were asked for
  return {
    async get(name) {
      const [start, sealed] = (localStorage.getItem(name) || "").split(".");
      if (!sealed) return null;
      try {
        return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(start) }, key, bytes(sealed))));
      } catch {
        return null; // another person's
      }
    },
    put(name, value) {
      const said = encoder.encode(JSON.stringify(value));
      turn = turn.catch(() => {}).then(() => write(name, said)); // a full device fails once, not for ever
      return turn;
    },
    drop(name) {
      turn = turn.catch(() => {}).then(() => localStorage.removeItem(name));
      return turn;
    },
  };

  async function write(name, said) {
    const start = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: start }, key, said);
    localStorage.setItem(name, `${text(start)}.${text(new Uint8Array(sealed))}`);
  }
}

// One drawer for each window, so that two windows do not write over each other; a lock says that a window is still open. The prefix names the
// person: another one's drawers are not touched. `found` is what stands in the own one, then in those of windows that are closed now, each with
// `drop` for when it is elsewhere; `aside` moves one of them into a new drawer.
export async function openDrawer(keyText, prefix) {
  const vault = await openVault(keyText);
  const name = await own();
  const found = [];
  for (const at of [name, ...Object.keys(localStorage).filter((key) => key.startsWith(prefix) && key !== name)]) {
    if (at !== name && !(await hold(at))) continue;
    const value = await vault.get(at);
    if (value) found.push({ value, own: at === name, drop: () => vault.drop(at) });
  }
  return { found, put: (value) => vault.put(name, value), drop: () => vault.drop(name), aside };

  async function aside(kept) {
    const at = prefix + windowId();
    await hold(at);
    await vault.put(at, kept.value);
    await kept.drop();
    return { value: kept.value, own: false, drop: () => vault.drop(at) };
  }

  async function own() {
    for (;;) {
      const id = sessionStorage.getItem("peduli.window") || windowId();
      sessionStorage.setItem("peduli.window", id);
      if (await hold(prefix + id, patience())) return prefix + id;
      sessionStorage.removeItem("peduli.window"); // this window was copied from another one
    }
  }

  function hold(drawer, how = { ifAvailable: true }) {
    if (!navigator.locks) return true;
    return new Promise((tell) => {
      navigator.locks.request(drawer, how, (lock) => {
        tell(Boolean(lock));
        return lock ? new Promise(() => {}) : undefined; // for as long as this page lives
      }).catch(() => tell(false));
    });
  }
}

function windowId() {
  return `${Date.now()}-${Math.random()}`; // an id for this browser alone
}

function patience() {
  const waiting = new AbortController();
  setTimeout(() => waiting.abort(), LEAVING);
  return { signal: waiting.signal };
}

function plain(storage) {
  return {
    async get(name) { return JSON.parse(storage.getItem(name) || "null"); },
    async put(name, value) { storage.setItem(name, JSON.stringify(value)); },
    async drop(name) { storage.removeItem(name); },
  };
}

function bytes(code) {
  return Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
}

function text(list) {
  let letters = "";
  for (const one of list) letters += String.fromCharCode(one);
  return btoa(letters);
}
