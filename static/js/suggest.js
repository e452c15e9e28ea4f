// Suggestions under the search field, as the ARIA combobox pattern has it: the focus stays in the field, the arrows
// move through the list, Enter follows, Escape or leaving closes. Without script the field is a plain form.
const WAIT = 120;
let timer, asked;

function close(field) {
  clearTimeout(timer);
  asked?.abort();
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
  list(field).hidden = true;
}

const list = (field) => document.getElementById(field.getAttribute("aria-controls"));

async function ask(field) {
  asked?.abort();
  asked = new AbortController();
  const words = field.value.trim();
  if (words.length < 2) return close(field);
  try {
    const url = `${field.form.dataset.suggest}?${new URLSearchParams({ q: words })}`;
    const answer = await fetch(url, { signal: asked.signal });
    if (answer.ok && document.activeElement === field) show(field, await answer.text());
  } catch (error) {
    if (error.name !== "AbortError") close(field);
  }
}

function show(field, html) {
  const place = list(field);
  place.innerHTML = html;
  const found = place.querySelectorAll("[role=option]").length;
  if (!found) return close(field);
  place.hidden = false;
  field.setAttribute("aria-expanded", "true");
  field.removeAttribute("aria-activedescendant");
  document.querySelector("[data-said]").textContent = `${found} suggestion${found === 1 ? "" : "s"}`;
}

function move(field, step) {
  const options = [...list(field).querySelectorAll("[role=option]")];
  if (!options.length) return;
  const now = options.findIndex((option) => option.id === field.getAttribute("aria-activedescendant"));
  const next = now < 0 ? (step > 0 ? 0 : options.length - 1) : (now + step + options.length) % options.length;
  options.forEach((option, number) => option.setAttribute("aria-selected", number === next));
  field.setAttribute("aria-activedescendant", options[next].id);
  options[next].scrollIntoView({ block: "nearest" });
}

function key(event) {
  const field = event.target;
  const open = field.getAttribute("aria-expanded") === "true";
  if (event.key === "Escape" && open) close(field);
  else if (event.key === "ArrowDown" && !open) ask(field);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") move(field, event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter" && open && field.getAttribute("aria-activedescendant"))
    document.getElementById(field.getAttribute("aria-activedescendant")).click();
  else return;
  event.preventDefault();
}

// Only with script is the field a combobox.
for (const form of document.querySelectorAll("form[data-suggest]")) {
  const field = form.querySelector("input[type=search]");
  const place = document.createElement("div");
  Object.assign(place, { id: `${field.id}-options`, className: "options", hidden: true });
  place.setAttribute("role", "listbox");
  place.setAttribute("aria-label", "Suggestions");
  form.append(place);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": place.id };
  for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, field);
  });
  field.addEventListener("keydown", key);
  field.addEventListener("blur", () => close(field));
  place.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
}
