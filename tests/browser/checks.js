// What a page must keep, asked of the page itself: each function returns a list of complaints.
(() => {
  const THUMB = 44;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const name = (element) => {
    const html = element.cloneNode(false).outerHTML.replace(/<\/.*/, "");
    return `${html.slice(0, 120)} ${(element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 30)}`;
  };
  // What takes the press for an element: the label of a box to tick, the card or row over which a link is spread.
  const pressable = (element) => {
    if (element.matches("[type=checkbox], [type=radio]")) return element.labels[0] || element;
    return getComputedStyle(element, "::after").position === "absolute" ? element.closest("li, .card") || element : element;
  };

  return {
    // Nothing makes the page wider than the screen.
    wide(width) {
      const page = document.scrollingElement;
      if (page.scrollWidth <= width) return [];
      const guilty = [...document.body.querySelectorAll("*")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.right > width + 1 && box.width > 0 && !element.closest(".scroll, .tabs, .rail") && shown(element);
      });
      return [`${page.scrollWidth} px wide on ${width}: ${guilty.slice(-3).map(name).join(" | ")}`];
    },

    // Every picture is there.
    async pictures() {
      const broken = [];
      for (const picture of document.images) {
        picture.loading = "eager";
        await picture.decode().catch(() => broken.push(`no picture: ${picture.src}`));
      }
      return broken;
    },

    // What is pressed with a thumb is 44 px high and wide; a box to tick counts with its label. Links in running text are let off.
    targets() {
      const pressed = "nav a, header a, button, summary, .button, .actions a, form a, input:not([type=hidden]), select, textarea";
      return [...document.querySelectorAll(pressed)].filter(shown).flatMap((element) => {
        if (element.matches(".visually-hidden, p a:not(.button)") || element.disabled) return [];
        const box = pressable(element).getBoundingClientRect();
        return Math.min(box.width, box.height) < THUMB - 0.5 ? [`${Math.round(box.width)}×${Math.round(box.height)}: ${name(element)}`] : [];
      });
    },

    // Whatever has the focus shows it, and no bar that stays on the screen covers it.
    focus() {
      const reached = [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea, [tabindex='0'], iframe")];
      return reached.filter((element) => shown(element) && !element.disabled && element.tabIndex >= 0).flatMap((element) => {
        element.focus({ focusVisible: true });
        if (document.activeElement !== element) return [];
        const carrier = element.closest(".choice, label") || element;
        const marked = [element, carrier, element.labels?.[0]].some((one) => one && getComputedStyle(one).outlineStyle !== "none");
        if (!marked && element.tagName !== "IFRAME") return [`focus not seen: ${name(element)}`];
        const box = carrier.getBoundingClientRect();
        const fixed = [...document.querySelectorAll(".bar .nav, .save-bar")].filter((bar) => !bar.contains(element) && ["fixed", "sticky"].includes(getComputedStyle(bar).position));
        const covered = fixed.some((bar) => { const over = bar.getBoundingClientRect(); return box.top >= over.top && box.bottom <= over.bottom && box.left < over.right && box.right > over.left && box.height > 0; });
        return covered ? [`focus is under a bar: ${name(element)}`] : [];
      });
    },
  };
})();
