"use strict";
// The page is whole without this: it finds, folds, and unfolds for printing.
const find = document.getElementById("find");
const input = find.querySelector("input"), said = find.querySelector("[role=status]");
const items = Array.from(document.querySelectorAll("[data-find]"));
let words = null;
find.hidden = false;
input.addEventListener("input", () => {
  words = words || items.map((e) => e.textContent.toLowerCase());
  const word = input.value.trim().toLowerCase();
  let shown = 0;
  items.forEach((e, i) => {
    e.hidden = !words[i].includes(word);
    if (!e.hidden && e.tagName === "TR") shown++;
  });
  said.textContent = word ? shown + " tenants" : "";
});
const fold = (open) => document.querySelectorAll("details.class").forEach((e) => { e.open = open; });
find.querySelectorAll("button").forEach((b) => b.addEventListener("click", () => fold(b.dataset.fold === "open")));
const jump = () => {
  const e = document.getElementById(location.hash.slice(1));
  if (e && e.tagName === "DETAILS") e.open = true;
};
addEventListener("hashchange", jump);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((e) => { e.open = true; }));
jump();
