#!/usr/bin/env python3
"""Exports the book and reads it in headless Chromium: no line on the console, nothing that axe-core finds.

    python3 tests/book/export/chromium.py --textbook build/bin/textbook --axe axe.min.js
    python3 tests/book/export/chromium.py --folder DIR --axe axe.min.js [--screens OUT]

Without --axe the book is exported and checked by check.py alone.

Every page is opened from its file, light on a wide window and dark on a narrow one; a probe then runs all of axe-core's
rules: on the page with everything unfolded, and on the search with a word found. Once more each page comes from a
server that allows nothing but the page's own files (Content-Security-Policy), as where a found word was followed to. --screens keeps a picture of each. Where
there is no Chromium or no axe-core, the pages are checked by check.py alone, and it says so.
"""
import argparse
import functools
import html
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

PROBE = r"""
"use strict";
addEventListener("load", async function () {
  const asked = new URLSearchParams(location.search);
  const found = [];
  if (asked.get("theme")) document.documentElement.dataset.theme = asked.get("theme");
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  async function look(stage, part) {
    if (!asked.has("axe")) return;
    const result = await axe.run(part, { resultTypes: ["violations"], preload: false });
    for (const violation of result.violations)
      for (const node of violation.nodes)
        found.push([stage, violation.id, violation.help, node.html.slice(0, 160)].join(": "));
  }
  function overflow(stage) {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) {
      const sticksOut = (e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll, pre, .unseen");
      const wide = Array.from(document.querySelectorAll("main *")).find(sticksOut);
      found.push(stage + ": the page is wider than its window: " + (wide ? wide.outerHTML.slice(0, 120) : ""));
    }
  }
  try {
    await later(100);
    overflow("page");
    for (const image of document.images) {
      if (image.offsetWidth === 0) continue;
      image.loading = "eager";
      await image.decode().catch(() => found.push("a picture that cannot be drawn: " + image.src));
    }
    for (const details of document.querySelectorAll("details")) details.open = true;
    await later(100);
    overflow("unfolded");
    // The rows of a table of numbers are all alike: axe-core is given three of them.
    for (const row of document.querySelectorAll("table.data tbody tr:nth-child(n+4)")) row.remove();
    await look("unfolded", document);
    const dialog = document.querySelector("dialog");
    if (dialog) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
      const query = dialog.querySelector("input");
      query.value = document.documentElement.lang === "ru" ? "вероятностью" : "probabilities";
      for (let i = 0; i < 100 && !dialog.querySelector(".results a"); ++i) {
        query.dispatchEvent(new Event("input"));
        await later(50);
      }
      const results = dialog.querySelectorAll(".results a");
      if (!dialog.open || document.activeElement !== query) found.push("search: the / key does not open it");
      if (!results.length) found.push("search: nothing found");
      query.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
      if (document.activeElement !== results[0]) found.push("search: the arrow keys do not reach the results");
      await look("search", dialog);
      dialog.close();
    }
    const headings = Array.from(document.querySelectorAll("main :is(h2, h3)[id]"));
    const language = document.querySelector("a.language");
    if (language && headings.length > 2) {
      headings[2].scrollIntoView();
      const shown = () => document.querySelector('.contents [aria-current="true"]');
      for (let i = 0; i < 400 && decodeURIComponent(shown()?.hash || "") !== "#" + headings[2].id; ++i) await later(50);
      language.addEventListener("click", (event) => event.preventDefault());
      language.click();
      if (!language.getAttribute("href").endsWith("#" + headings[2].id))
        found.push("the other language does not open at the same section: " + language.getAttribute("href"));
      if (!document.querySelector('.contents [aria-current="true"]')) found.push("the contents do not show the section");
    }
    if (asked.has("find") && !document.querySelector("main mark")) found.push("what was searched for is not marked");
    const theme = document.getElementById("page.theme");
    if (theme) {
      theme.value = "dark";
      theme.dispatchEvent(new Event("change"));
      if (localStorage.getItem("textbook-theme") !== "dark") found.push("the colours are not kept");
      localStorage.removeItem("textbook-theme");
    }
  } catch (error) {
    found.push("the probe failed: " + error);
  }
  const out = document.createElement("pre");
  out.id = "probe-result";
  out.textContent = JSON.stringify(found);
  document.body.append(out);
});
"""

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'"


class Server(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *arguments):
        pass


class Browser:
    def __init__(self, program, profile):
        self.program, self.profile = program, profile

    def run(self, url, size, *options):
        command = [self.program, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
                   "--disable-background-networking", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
                   f"--user-data-dir={self.profile}", f"--window-size={size}", *options, url]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
        return done.stdout, console

    def probe(self, url, size):
        dom, console = self.run(url, size, "--virtual-time-budget=120000", "--dump-dom")
        found = re.search(r'<pre id="probe-result"[^>]*>(.*?)</pre>', dom, flags=re.S)
        findings = json.loads(html.unescape(found.group(1))) if found else ["the page did not finish"]
        return findings + ["console: " + line for line in console]


def found_in(folder, page):
    """Where the search leads on this page with a word of its language: "?find=WORD#ANCHOR"; "" where the page has none."""
    if len(page.parts) == 1:
        return ""
    word = {"en": "token", "ru": "токен"}[page.parts[0]]
    script = (folder / page.parts[0] / "search.js").read_text(encoding="utf-8")
    for address, _, _, text in json.loads("[" + script[script.index("[") + 1:script.rindex(",")] + "]"):
        name, _, anchor = address.partition("#")
        if urllib.parse.unquote(name) == page.name and re.search(rf"\b{word}", text):
            return "?find=" + urllib.parse.quote(word) + "#" + anchor
    return ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--textbook")
    parser.add_argument("--folder")
    parser.add_argument("--axe")
    parser.add_argument("--screens")
    arguments = parser.parse_args()
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    absent = None
    if not arguments.axe:
        absent = "it was not asked for"
    elif not program:
        absent = "there is no Chromium; install it with: sudo apt install chromium"
    elif not pathlib.Path(arguments.axe).is_file():
        absent = f"there is no axe-core at {arguments.axe}; ./textbook test fetches it"

    work = pathlib.Path(tempfile.mkdtemp(prefix="textbook-export-"))
    passed = failed = 0
    try:
        folder = pathlib.Path(arguments.folder or work / "book").resolve()
        if arguments.textbook:
            subprocess.run([arguments.textbook, "export", "--to", str(folder), "--lang", "en"], check=True)
        checked = subprocess.run([sys.executable, str(pathlib.Path(__file__).with_name("check.py")), str(folder)])
        passed, failed = (1, 0) if checked.returncode == 0 else (0, 1)

        if absent:
            print("not read in Chromium: " + absent)
            return passed, failed
        probed = work / "probed"
        shutil.copytree(folder, probed)
        shutil.copy(arguments.axe, probed / "assets/axe.min.js")
        (probed / "assets/probe.js").write_text(PROBE, encoding="utf-8")
        pages = sorted(path.relative_to(probed) for path in probed.rglob("*.html"))
        for page in pages:
            up = "../" * (len(page.parts) - 1)
            text = (probed / page).read_text(encoding="utf-8")
            scripts = "".join(f'<script src="{up}assets/{name}"></script>' for name in ("axe.min.js", "probe.js"))
            (probed / page).write_text(text.replace("</body>", scripts + "</body>"), encoding="utf-8")

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(probed)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = Browser(program, work / "profile")
        served = f"http://127.0.0.1:{server.server_address[1]}/"
        for page in pages:
            runs = [((probed / page).as_uri() + f"?axe&theme={theme}", size)
                    for theme, size in (("light", "1280,800"), ("dark", "400,800"))]
            runs.append((served + page.as_posix() + found_in(folder, page), "1280,800"))
            for url, size in runs:
                findings = sorted(set(browser.probe(url, size)))
                name = page.as_posix() + " " + ("served" if url.startswith("http") else url.split("theme=")[1] + " " + size)
                print(("ok      " if not findings else "FAILED  ") + name, flush=True)
                for finding in findings:
                    print("    " + finding)
                passed, failed = (passed + 1, failed) if not findings else (passed, failed + 1)
            if arguments.screens:
                out = pathlib.Path(arguments.screens)
                out.mkdir(parents=True, exist_ok=True)
                for size in ("1280,800", "400,800"):
                    name = page.as_posix().replace("/", "-").removesuffix(".html") + "-" + size.split(",")[0] + ".png"
                    browser.run((folder / page).as_uri(), size, f"--screenshot={(out / name).resolve()}")
        server.shutdown()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return passed, failed


if __name__ == "__main__":
    counts = main()
    print("{} passed, {} failed".format(*counts))
    sys.exit(1 if counts[1] else 0)
