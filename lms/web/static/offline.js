// On a page of a pack: says when the page with one's own progress can be had again. Nothing is posted from here; what is marked as an
// operation is kept on the device and sent later.
import "./operations.js";

const there = document.querySelector("[data-online]");

function look() {
  if (there) there.hidden = !navigator.onLine;
}

addEventListener("online", look);
addEventListener("offline", look);
look();
addEventListener("submit", (event) => { if (event.target.dataset.operation) event.preventDefault(); });
