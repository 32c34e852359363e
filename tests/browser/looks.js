// What a person would see go wrong on a page: text over text, text cut off, a page that must be scrolled sideways.
// Evaluated in the page; returns {wide, overlaps, cut} as lists of sentences.
() => {
  const LEAST = 2; // pixels: boxes of glyphs touch without the glyphs doing so
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 40);

  // What an element inherits from those around it, asked once for each: a page has thousands of them.
  const remembered = (ask) => {
    const answers = new Map([[null, undefined]]);
    const answer = (element) => {
      if (!answers.has(element)) answers.set(element, ask(element, answer(element.parentElement)));
      return answers.get(element);
    };
    return answer;
  };
  const isHidden = remembered((element, above) => {
    const style = getComputedStyle(element);
    return above || style.clipPath !== "none" || style.position === "sticky" || style.position === "fixed";
  });
  // The part of the page that the containers around an element leave in sight (a table that scrolls hides its far columns).
  const frameOf = remembered((element, above = { left: -1e9, top: -1e9, right: 1e9, bottom: 1e9 }) => {
    if (element === document.body || getComputedStyle(element).overflowX === "visible") return above;
    return within(element.getBoundingClientRect(), above);
  });
  const within = (box, frame) => ({
    left: Math.max(box.left, frame.left),
    top: Math.max(box.top, frame.top),
    right: Math.min(box.right, frame.right),
    bottom: Math.min(box.bottom, frame.bottom),
  });
  const isSeen = (element) =>
    !isHidden(element) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });

  // The boxes of the lines of each run of text, a fifth lower than the line: letters do not fill it.
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    if (!node.textContent.trim() || owner.closest("title, desc, style, script") || !isSeen(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const inset = line.height * 0.2;
      const box = within({ left: line.left, right: line.right, top: line.top + inset, bottom: line.bottom - inset }, frameOf(owner));
      if (box.right - box.left > LEAST && box.bottom - box.top > LEAST) boxes.push({ ...box, node, text: short(node.textContent) });
    }
  }

  const overlaps = [];
  boxes.sort((one, other) => one.top - other.top);
  boxes.forEach((one, rank) => {
    for (let next = rank + 1; next < boxes.length && boxes[next].top < one.bottom - LEAST; next += 1) {
      const other = boxes[next];
      const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const height = Math.min(one.bottom, other.bottom) - other.top;
      if (one.node !== other.node && width > LEAST && height > LEAST) overlaps.push(`«${one.text}» over «${other.text}»`);
    }
  });

  const cut = [];
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    if (!(element instanceof HTMLElement) || !hides || !isSeen(element)) continue;
    const [right, below] = [element.scrollWidth - element.clientWidth, element.scrollHeight - element.clientHeight];
    if (right > LEAST || below > LEAST) cut.push(`${right} x ${below} pixels of «${short(element.innerText)}» are hidden`);
  }
  for (const text of document.querySelectorAll("svg text")) {
    const [box, frame] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
    if (!isSeen(text) || box.width === 0) continue;
    const out = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.bottom - frame.bottom);
    if (out > 2 * LEAST) cut.push(`«${short(text.textContent)}» leaves its figure by ${Math.round(out)} pixels`);
  }

  const beyond = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return { wide: beyond > 0 ? [`${beyond} pixels beyond the right edge`] : [], overlaps, cut };
}
