
"use strict";
for (const form of document.querySelectorAll("form.tools")) {
  const items = [...document.getElementById(form.dataset.for).children];
  const texts = items.map((item) => item.textContent.toLowerCase());
  const search = form.querySelector("input");
  const choice = form.querySelector("select");
  const output = form.querySelector("output");
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, i) => {
      const kinds = item.dataset.kind.split(" ");
      const fits = words.every((word) => texts[i].includes(word)) && (!choice.value || kinds.includes(choice.value));
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    output.textContent = `${shown} / ${items.length} ${output.dataset.word}`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of form.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      for (const item of items) if (!item.hidden) item.open = Boolean(button.dataset.open);
    });
  }
  apply();
}
const reveal = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") {
    target.hidden = false;
    target.open = true;
    target.querySelector("summary").focus({ preventScroll: true });
    target.scrollIntoView();
  }
};
addEventListener("hashchange", reveal);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const href = link && link.getAttribute("href");
  if (href && href === location.hash) reveal();
});
reveal();
