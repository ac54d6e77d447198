// After signing out: nothing that was read stays on this device, and what was written and never delivered is locked. Its owner decides.
import { emptyOutbox, lockOutbox } from "./outbox.js";

const left = document.querySelector("[data-left]");
const gone = document.querySelector("[data-gone]");

leave();

async function leave() {
  for (const name of await (globalThis.caches?.keys() || [])) if (name.startsWith("pack:")) await caches.delete(name);
  indexedDB.deleteDatabase("peduli-packs");
  const mine = await lockOutbox();
  left.hidden = !mine.left;
  left.querySelector("[data-count]").textContent = mine.left;
  left.querySelector("[data-empty]").addEventListener("click", async () => {
    await emptyOutbox(mine.user);
    left.hidden = true;
    gone.hidden = false;
  });
}
