// Help while writing, on the device alone: words counted against what is asked for, heavy words with plainer ones, long sentences. Nothing is
// replaced, nothing is sent. It counts as the server does (courses/checks/prose.py, heavy.py); one table of examples tests both.
const WORD = /[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu;
const END = /[.!?…]+["”’')\]»]*(?=\s+["“‘'([«–—-]*\s*[A-ZÀ-Þ0-9])/gu;
const TITLE = /^(?:[A-Z][A-Za-z]{0,4}\.)+[A-Z][A-Za-z]{0,5}$/;
const CITED = /“[^”]*”|"[^"]*"|`[^`]*`|\*[^*\n]+\*/g;
const QUIET = 700; // milliseconds without a key before the lists are made anew
const DROP = "(hapus)";

export function countWords(text) {
  return (text.match(WORD) || []).length;
}

// The sentences of a text; a line ends one. `short` is a set of abbreviations after which a full stop ends none.
export function sentencesOf(text, short) {
  return text.split("\n").flatMap((line) => {
    const found = [];
    let start = 0;
    for (const match of line.matchAll(END)) {
      if (match[0].startsWith(".") && goesOn(line.slice(start, match.index), short)) continue;
      found.push(line.slice(start, match.index + match[0].length));
      start = match.index + match[0].length;
    }
    return [...found, line.slice(start)].map((one) => one.trim()).filter(countWords);
  });
}

function goesOn(before, short) {
  const word = (before.trim().split(/\s+/).pop() || "").replace(/^["“‘'([«–—/-]+/, "");
  return short.has(word.toLowerCase()) || /^\p{Lu}$/u.test(word) || TITLE.test(word);
}

// {heavy word: plainer one} of the list: one a line, a tab between the two; # begins a remark.
export function readList(text) {
  const words = new Map();
  for (const line of text.split("\n")) {
    const [word, plainer] = line.split("\t");
    if (plainer && !line.startsWith("#")) words.set(word.trim().toLowerCase().split(/\s+/).join(" "), plainer.trim());
  }
  return words;
}

// [[heavy word, how often], …] in the order in which they come; what stands in quotation marks is cited, not used.
export function heavyIn(text, words) {
  const longest = [...words.keys()].sort((one, other) => other.length - one.length);
  const parts = longest.map((word) => word.split(" ").map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+"));
  const found = new Map();
  if (!parts.length) return [];
  const pattern = new RegExp(`(^|[^\\p{L}\\p{N}_-])(${parts.join("|")})(?![\\p{L}\\p{N}_-])`, "giu");
  for (const match of text.replace(CITED, " … ").matchAll(pattern)) {
    const word = match[2].toLowerCase().split(/\s+/).join(" ");
    found.set(word, (found.get(word) || 0) + 1);
  }
  return [...found];
}

// The helper of a form: a counter under each field, and the lists where the page asks for them.
export function help(form, areas) {
  const said = form.dataset;
  const short = new Set((said.short || "").split(" "));
  const long = Number(said.long);
  let list = null;
  for (const area of areas) begin(area);

  function begin(area) {
    const part = area.closest("[data-part]");
    const { least, most } = part.dataset;
    let timer = 0;
    let stood = standing();
    count();
    if (said.list && area.value) look();
    area.addEventListener("input", () => {
      count();
      clearTimeout(timer);
      timer = setTimeout(() => { tell(); if (said.list) look(); }, QUIET);
    });

    function standing() {
      const words = countWords(area.value);
      if (Number(least) && words < Number(least)) return "less";
      return Number(most) && words > Number(most) ? "more" : "right";
    }

    function count() {
      const words = countWords(area.value);
      const away = { less: Number(least) - words, more: words - Number(most), right: 0 }[standing()];
      const sentence = { less: said.toGo, more: said.tooMany, right: said.counted }[standing()];
      part.querySelector("[data-count]").textContent = sentence.replace("{n}", words).replace("{m}", away);
    }

    // A screen reader hears only that a bound was passed, once the keys rest.
    function tell() {
      const now = standing();
      if (now === stood) return;
      part.querySelector("[data-told]").textContent = now === "more" ? said.over : now === "right" ? (stood === "less" ? said.enough : said.shorter) : "";
      stood = now;
    }

    async function look() {
      list ||= fetch(said.list).then((answer) => answer.text()).then(readList);
      const words = await list.catch(() => { list = null; return new Map(); });
      const heavy = heavyIn(area.value, words);
      const plainer = (word) => (words.get(word) === DROP ? said.drop : words.get(word));
      fill("[data-heavy]", said.heavyWords.replace("{n}", heavy.length), heavy.map(([word, often]) => `${word}${often > 1 ? ` (${often}×)` : ""} → ${plainer(word)}`));
      const sentences = sentencesOf(area.value, short).map((text) => [countWords(text), text]).filter(([size]) => size > long).sort((one, other) => other[0] - one[0]);
      const line = said.longSentences.replace("{n}", sentences.length).replace("{m}", long).replace("{l}", sentences[0]?.[0]);
      fill("[data-sentences]", line, sentences.map(([size, text]) => `${text} (${size})`));
    }

    function fill(place, title, lines) {
      const box = part.querySelector(place);
      box.hidden = !lines.length;
      box.querySelector("summary").textContent = title;
      box.querySelector("ul, ol").replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    }
  }
}
