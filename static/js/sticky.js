// Brings the small bar with "Add to bag" when the page's own button has gone out of view. The stylesheet keeps it to phones.
let watcher;

function watch() {
  watcher?.disconnect();
  const bar = document.querySelector("[data-sticky-add]");
  const place = document.querySelector("[data-cta]");
  if (!bar || !place) return;
  // The margin below makes all that is still to come count as in view: only what was scrolled past is out of it.
  watcher = new IntersectionObserver((entries) => (bar.hidden = entries.at(-1).isIntersecting), {
    rootMargin: "-60px 0px 100000px 0px",
  });
  watcher.observe(place);
}

document.addEventListener("swapped", watch);
watch();
