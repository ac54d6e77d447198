// Remembers where in a page the reader is: the nearest heading above, sent when the page is left. Works without, just less exactly.
const player = document.querySelector("[data-place]");

function anchor() {
  let found = "";
  for (const heading of document.querySelectorAll(".prose [id^=bagian-]")) {
    if (heading.getBoundingClientRect().top > innerHeight / 3) break;
    found = heading.id;
  }
  return found;
}

function remember() {
  const data = new FormData();
  data.append("module", player.dataset.module);
  data.append("activity", player.dataset.activity);
  data.append("anchor", anchor());
  data.append("csrf_token", player.dataset.token);
  navigator.sendBeacon(player.dataset.place, data);
}

// Pages that were saved for use without a signal come through it. It waits: the next page is more urgent than itself.
setTimeout(() => navigator.serviceWorker?.register("/sw.js").catch(() => {}), 3000);

let leaving = false;
document.addEventListener("submit", () => { leaving = true; }); // the form says itself where the reader goes on
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && !leaving) remember();
});

// Printing shows hidden answers too.
addEventListener("beforeprint", () => document.querySelectorAll("details.box").forEach((box) => { box.open = true; }));
