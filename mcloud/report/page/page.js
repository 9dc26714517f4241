"use strict";
// Tables sort by a click on a heading and filter by words.
(function () {
  const words = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

  function compare(one, two, column, number, sign) {
    const a = one.cells[column], b = two.cells[column];
    if (!number) return sign * words.compare(a.textContent, b.textContent);
    const x = a.dataset.order, y = b.dataset.order;
    if (x === "" || y === "") return (x === "" ? 1 : 0) - (y === "" ? 1 : 0); // unknown last, either way
    return sign * (Number(x) - Number(y));
  }

  function sort(table, heading) {
    const headings = [...heading.parentElement.children];
    const down = heading.getAttribute("aria-sort") === "ascending";
    headings.forEach((item) => item.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const column = headings.indexOf(heading), number = heading.classList.contains("number");
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((one, two) => compare(one, two, column, number, down ? -1 : 1));
    body.append(...rows);
  }

  function filter(table, text, output) {
    const wanted = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...table.tBodies[0].rows];
    let shown = 0;
    for (const row of rows) {
      const has = row.textContent.toLocaleLowerCase();
      row.hidden = !wanted.every((word) => has.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    const said = wanted.length ? output.dataset.some.replace("SHOWN", shown) : output.dataset.all;
    output.textContent = said.replace("ALL", rows.length);
  }

  for (const part of document.querySelectorAll(".table")) {
    const table = part.querySelector("table"), input = part.querySelector("input"), output = part.querySelector("output");
    for (const heading of table.tHead.rows[0].cells) {
      heading.querySelector("button").addEventListener("click", () => sort(table, heading));
    }
    input?.addEventListener("input", () => filter(table, input.value, output));
  }
})();
