// Before a journey: brings one's drafts of a module, one's visit, and the key that locks them, to this device.
import { openOutbox } from "./outbox.js";

export async function carry(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.ok) await bring(await answer.json());
}

// Take what a page or an answer brings: drafts (`heads`), and things to have at hand without a signal. A page that the browser shows once more
// brings nothing new. `ahead` is by how much the server's clock is before this device's. Returns the outbox.
export async function bring({ contact, key, entries }) {
  const box = await openOutbox({ user: contact.user, key });
  await box.use((log) => {
    const now = Date.now();
    log.contact(contact, now);
    for (const { doc: name, title, heads, ...own } of entries) {
      const doc = log.doc(name);
      doc.title = title;
      if (heads && log.pull(name, heads, contact, now) === "theirs") Object.assign(doc, own);
      if (!heads && doc.stamp < contact.stamp) Object.assign(doc, own, { stamp: contact.stamp, ahead: contact.stamp * 1000 - now });
    }
  });
  return box;
}
