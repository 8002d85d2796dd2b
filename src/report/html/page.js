"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const form = document.getElementById("filter");

  if (form) {
    const cards = all(".failure");
    const count = document.getElementById("count");
    const field = (name) => (form.elements[name] ? form.elements[name].value : "");
    const filter = () => {
      const words = field("words").trim().toLowerCase();
      const errors = Number(field("errors")) || 1;
      let shown = 0;
      for (const card of cards) {
        const data = card.dataset;
        const fits =
          data.words.includes(words) &&
          Number(data.errors) >= errors &&
          (!field("check") || data.check === field("check")) &&
          (!field("speaker") || data.speaker === field("speaker"));
        card.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      count.textContent = shown + " of " + cards.length + " shown";
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();

    // Who follows a link to a failure sees it, whatever was filtered before.
    const follow = () => {
      const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (card && card.classList.contains("failure")) {
        if (card.hidden) {
          form.reset();
          filter();
        }
        card.scrollIntoView();
        card.focus({ preventScroll: true });
      }
    };
    window.addEventListener("hashchange", follow);
    follow();
  }

  // Nobody unfolds paper.
  const unfolded = [];
  window.addEventListener("beforeprint", () => {
    for (const details of all("details:not([open])")) {
      details.open = true;
      unfolded.push(details);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of unfolded.splice(0)) {
      details.open = false;
    }
  });

  for (const button of all(".replay button")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => {
        button.textContent = "Copy";
      }, 1500);
    });
  }

  // A number without its commas and signs, the key of the cell where it has one, or its text.
  const key = (cell) => {
    if (!cell.classList.contains("number")) {
      return cell.textContent;
    }
    const text = cell.dataset.key || cell.textContent.replace(/[,+<]/g, "");
    const number = Number.parseFloat(text);
    return Number.isNaN(number) ? -Infinity : number;
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      if (head.classList.contains("picture")) {
        return;
      }
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        const body = table.tBodies[0];
        const order = (a, b) => {
          const [x, y] = [key(a.cells[column]), key(b.cells[column])];
          return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
        };
        body.append(...Array.from(body.rows).sort(order));
        all("th", table.tHead).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      });
    });
  }
})();
