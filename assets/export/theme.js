// Before anything is drawn: the colours that the reader chose, and that scripts run at all.
"use strict";
(function () {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("textbook-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch (e) {
    // A browser that keeps nothing for files: the colours follow the system.
  }
})();
