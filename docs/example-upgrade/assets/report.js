// What a page can do more of with JavaScript: filter, look up, copy, walk a matrix by keys. All can be read without.
"use strict";

const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// Filters: of rows by text and by trouble, of columns by text. They live in the address, so that a view can be sent on.
const remember = (name, value) => {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value); else query.delete(name);
  const text = query.toString();
  try { history.replaceState(null, "", location.pathname + (text ? "?" + text : "") + location.hash); } catch { /* Some browsers forbid it for files. */ }
};

for (const tools of document.querySelectorAll(".tools[data-filter]")) {
  const table = document.getElementById(tools.dataset.filter);
  const rows = [...(table.tBodies ? table.tBodies[0].rows : table.children)];
  const name = tools === document.querySelector(".tools") ? "rows" : table.id + "-rows";
  const what = table.tBodies ? "rows" : "entries";
  const asked = new URLSearchParams(location.search);
  const search = make("input", { type: "search", id: table.id + "-rows", value: asked.get(name) || "" });
  tools.append(make("label", { for: search.id }, `Show ${what} with `, search));
  let only = null;
  if (rows.some((row) => "trouble" in row.dataset)) {
    only = make("input", { type: "checkbox", id: table.id + "-trouble" });
    only.checked = asked.has("broken");
    tools.append(make("label", { class: "check", for: only.id }, only, "broken promises only"));
  }
  const count = make("output", { for: search.id });
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const names = rows.map((row) => (row.querySelector("th") || row).textContent.toLowerCase());
  const matrix = table.classList.contains("matrix");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      const text = matrix ? names[index] : texts[index];
      row.hidden = !(words.every((word) => text.includes(word)) && (!only || !only.checked || "trouble" in row.dataset));
      shown += !row.hidden;
    });
    count.textContent = shown === rows.length ? `${rows.length} ${what}` : `${shown} of ${rows.length} ${what}`;
    remember(name, search.value);
    if (only) remember("broken", only.checked ? "1" : "");
  };
  search.addEventListener("input", filter);
  if (only) only.addEventListener("change", filter);
  if ("columns" in tools.dataset) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells].slice(1);
    const columns = make("input", { type: "search", id: table.id + "-columns", value: asked.get("columns") || "" });
    tools.append(make("label", { for: columns.id }, "Show columns with ", columns));
    const families = table.tHead.rows.length > 1 ? [...table.tHead.rows[0].cells].slice(1) : [];
    const spans = families.map((cell) => cell.colSpan);
    const pick = () => {
      const words = columns.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
      const shown = heads.map((head) => !words.length || words.some((word) => head.textContent.toLowerCase().includes(word)));
      heads.forEach((head, index) => { head.hidden = !shown[index]; });
      for (const row of rows) shown.forEach((show, index) => { row.cells[index + 1].hidden = !show; });
      let start = 0;
      families.forEach((cell, index) => {
        const left = shown.slice(start, start + spans[index]).filter(Boolean).length;
        start += spans[index];
        cell.hidden = !left;
        if (left) cell.colSpan = left;
      });
      remember("columns", columns.value);
    };
    columns.addEventListener("input", pick);
    if (columns.value) pick();
  }
  tools.append(count);
  filter();
}

// Keys: "/" goes to the first filter; arrows walk a matrix, and the address follows, so that every cell can be linked to.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (event.key === "/" && !typing) {
    const field = document.querySelector("#ask-call, .tools input[type=search]");
    if (field) { event.preventDefault(); field.focus(); }
    return;
  }
  const cell = document.activeElement.closest && document.activeElement.closest("#matrix td, #matrix tbody th");
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!cell || !step) return;
  let row = cell.parentNode, column = cell.cellIndex, next;
  do {
    if (step[0]) do row = step[0] < 0 ? row.previousElementSibling : row.nextElementSibling; while (row && row.hidden);
    column += step[1];
    next = row && row.cells[column];
  } while (next && (next.hidden || !next.querySelector("a")));
  if (!next) return;
  event.preventDefault();
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
});
document.addEventListener("focusin", (event) => {
  const cell = event.target.closest("#matrix td[id]");
  if (cell) try { history.replaceState(null, "", location.pathname + location.search + "#" + cell.id); } catch { /* As above. */ }
});

// Copy buttons.
const copy = async (text) => {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* Not every browser lets a file do that. */ }
  const area = make("textarea", { "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
};
for (const code of document.querySelectorAll("pre.code")) {
  const button = make("button", { type: "button", class: "copy" }, "Copy");
  const said = make("span", { role: "status", class: "hide" });
  button.addEventListener("click", async () => {
    const done = await copy(code.textContent);
    button.textContent = said.textContent = done ? "Copied" : "Could not copy";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  const box = make("div", { class: "codebox" });
  code.replaceWith(box);
  box.append(code, button, said);
}

// The overview's question.
const ask = document.getElementById("lookup");
if (ask && window.LOOKUP) {
  const { dtypes, layouts, anchors, answers, rows, clauses, calls } = window.LOOKUP;
  const form = ask.querySelector("form"), answer = ask.querySelector(".answer"), why = ask.querySelector(".why");
  const chip = (text) => make("span", { class: "word " + text.replace(" (new)", "").replace(" ", "-") }, text);
  const [call, dtype, layout] = ["call", "dtype", "layout"].map((name) => document.getElementById("ask-" + name));
  document.getElementById("ask-calls").append(...calls.map(({ name }) => make("option", { value: name })));
  dtype.append(...dtypes.map((name) => make("option", {}, name)));
  layout.append(make("option", {}, "any layout"), ...layouts.map((name) => make("option", {}, name)));
  const said = (found, row, column) => {
    const place = found.cells.split(",")[row], code = place && rows[parseInt(place, 36)].split(",")[column];
    return code ? answers[parseInt(code, 36)].split("|") : null;
  };
  const show = () => {
    const typed = call.value.trim().toLowerCase();
    const found = calls.find(({ name }) => name.toLowerCase() === typed) || (typed && calls.find(({ name }) => name.toLowerCase().includes(typed)));
    remember("call", call.value);
    remember("dtype", call.value ? dtype.value : "");
    remember("layout", call.value && layout.selectedIndex ? layout.value : "");
    if (!found) { why.replaceChildren(); answer.textContent = typed ? "No call of this run has that in its name." : "Type a call's name."; return; }
    const row = dtype.selectedIndex, exact = said(found, row, layout.selectedIndex), near = exact || said(found, row, 0);
    const link = make("a", { href: `${found.page}#d-${anchors[dtype.value]}` }, found.name);
    const parts = [link, ` with ${dtype.value}, ${layout.value}: `];
    if (!exact) parts.push(chip("not run"), near ? " in this layout; in any layout: " : " with this dtype.");
    if (near) {
      const [word, troubles, remarks] = near;
      parts.push(...[word, ...troubles.split(",")].filter(Boolean).flatMap((text) => [chip(text), " "]));
      if (remarks) parts.push(make("small", {}, remarks));
    }
    answer.replaceChildren(...parts);
    const indexes = near && near[3] ? near[3].split(",") : [];
    why.replaceChildren(...indexes.map((index) => {
      const [text, source] = clauses[found.clauses[index]], url = (source.match(/https?:\/\/\S+/) || [""])[0];
      return make("li", {}, text + " — ", url ? make("a", { href: url, rel: "noreferrer" }, "documented") : source);
    }));
  };
  const asked = new URLSearchParams(location.search);
  call.value = asked.get("call") || (calls.find(({ name }) => name === "torch.asarray") || calls[0] || { name: "" }).name;
  if (dtypes.includes(asked.get("dtype"))) dtype.value = asked.get("dtype");
  if (layouts.includes(asked.get("layout"))) layout.value = asked.get("layout");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const field of [call, dtype, layout]) field.addEventListener("input", show);
  show();
}
