// On the start page: what is still on this device alone, and news of saved modules. Who has neither need not fetch the scripts for it.
if (localStorage.getItem("peduli.packs")) import("./packs.js");

const place = document.querySelector("[data-waits]");
const bases = await globalThis.indexedDB?.databases?.();
if (place && (!bases || bases.some(({ name }) => name === "peduli-outbox"))) wait(await import("./outbox.js"));

async function wait({ listen, openOutbox }) {
  const box = await openOutbox();
  if (box?.user !== place.dataset.user) return;
  const show = async () => {
    const left = await box.read((log) => log.state.ops.length + log.state.refused.length);
    place.querySelector("a").textContent = place.dataset.waits.replace("{n}", left);
    place.hidden = !left;
  };
  listen(show);
  addEventListener("online", () => box.sync());
  await show();
  box.sync();
}
