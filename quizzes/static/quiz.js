// Saves an answer as soon as it is chosen and shows its receipt. Without this script "Save, next" does the same.
const form = document.getElementById("question");

if (form) {
  const words = form.dataset;
  const state = form.querySelector("[data-saved-state]");
  let wait = 1000;
  let turn = 0;

  form.addEventListener("change", () => save(++turn));
  addEventListener("online", () => { if (state.dataset.state === "waiting") save(++turn); });

  function show(name, text) {
    state.dataset.state = name;
    state.textContent = text;
  }

  async function save(mine) {
    show("waiting", words.sending);
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
      if (mine !== turn) return; // a newer choice is on its way
      if (answer.status === 401 || answer.status === 400) return show("failed", words.signedOut);
      if (!answer.ok) throw new Error(answer.status);
      const saved = await answer.json();
      wait = 1000;
      document.querySelector(".palette [aria-current]")?.classList.add("answered");
      show("saved", words.saved.replace("{at}", saved.at).replace("{code}", saved.code));
    } catch {
      if (mine !== turn) return;
      show("waiting", words.offline);
      setTimeout(() => { if (mine === turn) save(mine); }, wait);
      wait = Math.min(wait * 2, 30000);
    }
  }
}
