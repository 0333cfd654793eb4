// What a page does by itself: colours, contents on a narrow window, the language at the same section, search, print.
// Everything else, quizzes too, works without a script.
"use strict";
(function () {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const contents = byId("page.contents");
  const main = byId("page.main");

  // Colours, kept for all pages.
  const theme = byId("page.theme");
  if (theme) {
    theme.value = root.dataset.theme || "auto";
    theme.addEventListener("change", function () {
      if (theme.value === "auto") delete root.dataset.theme;
      else root.dataset.theme = theme.value;
      try {
        localStorage.setItem("textbook-theme", theme.value);
      } catch (e) {
        // It then holds for this page.
      }
    });
  }

  // Contents, where the window is too narrow to show them beside the text.
  const opener = document.querySelector('[data-opens="contents"]');
  function showContents(open) {
    root.classList.toggle("contents-open", open);
    opener.setAttribute("aria-expanded", String(open));
  }
  if (opener) {
    opener.addEventListener("click", () => showContents(!root.classList.contains("contents-open")));
    contents.addEventListener("click", (event) => event.target.closest("a") && showContents(false));
  }

  // The section that is being read: marked in the contents, and where the other language opens.
  const headings = Array.from(main.querySelectorAll(":is(h2, h3)[id]"));
  const links = new Map();
  if (contents)
    for (const link of contents.querySelectorAll('a[href^="#"]')) links.set(decodeURIComponent(link.hash.slice(1)), link);
  let section = "";
  function readSection() {
    let now = "";
    for (const heading of headings) {
      if (heading.getBoundingClientRect().top > 120) break;
      now = heading.id;
    }
    if (now === section) return;
    const last = links.get(section), next = links.get(now);
    if (last) last.removeAttribute("aria-current");
    if (next) {
      next.setAttribute("aria-current", "true");
      const box = contents.getBoundingClientRect(), at = next.getBoundingClientRect();
      if (at.top < box.top || at.bottom > box.bottom) contents.scrollTop += at.top - box.top - box.height / 3;
    }
    section = now;
  }
  let waiting = false;
  addEventListener("scroll", function () {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(function () {
      waiting = false;
      readSection();
    });
  }, { passive: true });
  readSection();
  for (const link of document.querySelectorAll("a.language")) {
    const page = link.getAttribute("href");
    link.addEventListener("click", () => link.setAttribute("href", page + (section ? "#" + section : "")));
  }

  // What is wider than its place can be scrolled by keys, too.
  function reachScrollers() {
    for (const box of document.querySelectorAll(".scroll, pre")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }
  let reaching = 0;
  function reachSoon() {   // once for all that opens together
    clearTimeout(reaching);
    reaching = setTimeout(reachScrollers);
  }
  reachScrollers();
  addEventListener("load", reachSoon);
  if (document.fonts) document.fonts.ready.then(reachSoon);   // formulas have other widths in their own face
  addEventListener("resize", reachSoon);
  document.addEventListener("toggle", reachSoon, true);

  // Paper has no covers to open. Tables of numbers stay away from it: they would be most of the pages.
  let closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open], .numbers)"));
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", function () {
    for (const details of closed) details.open = false;
  });

  // Search: every word of the query must begin a word of the section. Longer words lose their ending, for their forms.
  const dialog = byId("page.search");
  if (!dialog) return;
  const query = byId("page.query");
  const status = dialog.querySelector("[role=status]");
  const list = dialog.querySelector(".results");
  let index = null;

  const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/ё/g, "е").replace(/\u0301/g, "");
  const wordsOf = (text) => folded(text).match(/[\p{L}\p{N}]+/gu) || [];
  function stem(word) {
    if (word.length < 5) return word;
    return word.slice(0, Math.max(4, word.length - 2));
  }

  window.textbookIndex = function (entries) {
    index = entries.map(([page, chapter, title, text]) => ({
      page, chapter, title, text, titleWords: wordsOf(title), words: wordsOf(text),
    }));
    find();
  };
  function load() {
    if (index || document.querySelector("script[data-index]")) return;
    const script = document.createElement("script");
    script.src = dialog.dataset.index;
    script.dataset.index = "";
    document.head.append(script);
  }

  // 0: it is not there. A heading counts most, then the word as it was typed, then one of its forms.
  function scoreOf(word, entry) {
    const short = stem(word);
    let score = 0;
    for (const other of entry.titleWords) if (other.startsWith(short)) score = Math.max(score, other.startsWith(word) ? 60 : 40);
    let often = 0, forms = 0;
    for (const other of entry.words) {
      if (other.startsWith(word)) ++often;
      else if (other.startsWith(short)) ++forms;
    }
    return score + (often ? 10 + Math.min(often, 10) : 0) + (forms ? 1 + Math.min(forms, 5) / 2 : 0);
  }

  // The places of the words in a text, as [begin, end], in order.
  function placesOf(words, text) {
    const places = [];
    for (const match of text.matchAll(/[\p{L}\p{N}\u0301]+/gu)) {
      const word = folded(match[0]);
      if (words.some((wanted) => word.startsWith(stem(wanted)))) places.push([match.index, match.index + match[0].length]);
    }
    return places;
  }

  // `text` with its places marked, into `box`.
  function writeMarked(box, text, places) {
    let at = 0;
    for (const [begin, end] of places) {
      box.append(text.slice(at, begin));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(begin, end);
      box.append(mark);
      at = end;
    }
    box.append(text.slice(at));
  }

  function contextOf(words, text) {
    const places = placesOf(words, text);
    const middle = places.length ? places[0][0] : 0;
    let begin = Math.max(0, middle - 60), end = Math.min(text.length, begin + 180);
    while (begin > 0 && !/\s/.test(text[begin - 1])) --begin;
    while (end < text.length && !/\s/.test(text[end])) ++end;
    const shown = (begin ? "… " : "") + text.slice(begin, end) + (end < text.length ? " …" : "");
    return [shown, placesOf(words, shown)];
  }

  function find() {
    const words = wordsOf(query.value);
    list.replaceChildren();
    status.textContent = "";
    if (!index || !words.length) return;
    const hits = [];
    for (const entry of index) {
      let total = 0;
      const all = words.every(function (word) {
        const score = scoreOf(word, entry);
        total += score;
        return score > 0;
      });
      if (all) hits.push([total, entry]);
    }
    hits.sort((a, b) => b[0] - a[0]);
    status.textContent = hits.length ? dialog.dataset.found.replace("{0}", hits.length) : dialog.dataset.none;
    for (const [, entry] of hits.slice(0, 30)) {
      const link = document.createElement("a");
      const [page, anchor] = entry.page.split("#");
      link.href = page + "?find=" + encodeURIComponent(query.value) + (anchor ? "#" + anchor : "");
      const title = document.createElement("b");
      writeMarked(title, entry.title, placesOf(words, entry.title));
      const chapter = document.createElement("small");
      chapter.textContent = entry.chapter;
      const context = document.createElement("span");
      writeMarked(context, ...contextOf(words, entry.text));
      link.append(title, chapter, context);
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
  }

  function openSearch() {
    load();
    if (!dialog.open) dialog.showModal();
    query.focus();
    query.select();
  }
  document.querySelector('[data-opens="search"]').addEventListener("click", openSearch);
  query.addEventListener("input", find);
  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.altKey && !event.metaKey && !dialog.open) {
      event.preventDefault();
      openSearch();
    }
  });
  dialog.addEventListener("keydown", function (event) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const all = Array.from(list.querySelectorAll("a"));
    if (event.key === "Enter" && event.target === query && all.length) {
      event.preventDefault();
      all[0].click();
    }
    if (!step || !all.length) return;
    event.preventDefault();
    const next = all.indexOf(document.activeElement) + step;
    if (next < 0) query.focus();
    else all[Math.min(next, all.length - 1)].focus();
  });
  // A result on this very page: the page stays, and the search goes.
  list.addEventListener("click", (event) => event.target.closest("a") && dialog.close());

  // Arrived by a search: the words are marked in the section or the term that was found.
  const wanted = wordsOf(new URLSearchParams(location.search).get("find") || "");
  if (wanted.length) {
    const start = byId(decodeURIComponent(location.hash.slice(1))) || main.firstElementChild;
    for (let block = start; block; block = block.nextElementSibling) {
      if (block !== start && /^(H[1-6]|DT)$/.test(block.tagName)) break;   // the next section, or the next term
      const texts = [];
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT, {
        acceptNode: (node) => node.parentElement.closest("math") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
      });
      while (walker.nextNode()) texts.push(walker.currentNode);
      for (const node of texts) {
        const places = placesOf(wanted, node.data);
        if (!places.length) continue;
        const marked = document.createDocumentFragment();
        writeMarked(marked, node.data, places);
        node.replaceWith(marked);
      }
    }
  }
})();
