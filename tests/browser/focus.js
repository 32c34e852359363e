// Where the keyboard is: the rank of the focused control among all that can be seen, and what a person could not make out about it.
// Evaluated in the page; returns {rank, count, unseen}: rank is -1 when the focus is on none of them. The controls are looked up once.
() => {
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const find = () => [...document.querySelectorAll(CONTROLS)].filter((one) => one.checkVisibility({ visibilityProperty: true }));
  const all = (window.controlsSeen ??= find());
  const here = document.activeElement;
  const rank = all.indexOf(here);
  if (rank < 0) return { rank, count: all.length, unseen: "" };
  const [style, box] = [getComputedStyle(here), here.getClientRects()[0]];
  const isRinged = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const isInWindow = box && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const name = here.textContent.trim().slice(0, 40);
  return { rank, count: all.length, unseen: isRinged && isInWindow ? "" : name };
}
