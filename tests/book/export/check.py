#!/usr/bin/env python3
"""Checks an exported book with parsers that are not ours: expat, and Python's HTML parser.

    python3 tests/book/export/check.py DIR

Every page is well-formed, has one main part, one title, its language, and headings that skip no level; ids are unique;
every link, script, style and picture inside the book leads to something that is there; every picture has an alternative
text; nothing is fetched from a network, and nothing stands in the page that a strict content security policy refuses.
Prints what is wrong, one a line; the exit code is 1 if there is anything.
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ET

findings = []


class Page(html.parser.HTMLParser):
    """Ids, links and what is loaded, as an HTML parser sees them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.ids, self.links, self.loads, self.levels, self.problems = [], [], [], [], []
        self.tags = {}
        self.language = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag == "html":
            self.language = attributes.get("lang")
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes.get("href", ""))
        for name in ("src", "srcset"):
            if name in attributes:
                self.loads.append(attributes[name])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "icon"):
            self.loads.append(attributes["href"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "img" and not attributes.get("alt", "").strip():
            self.problems.append("a picture without an alternative text: " + attributes.get("src", ""))
        for name, value in attributes.items():
            if name.startswith("on") or name == "style":
                self.problems.append(f"<{tag}> has {name}=, which a content security policy refuses")
            if value is None:
                self.problems.append(f"<{tag}> has {name} without a value")
        if tag == "script" and "src" not in attributes:
            self.problems.append("a script inside the page")
        if tag == "style":
            self.problems.append("style inside the page")
        for name in ("aria-labelledby", "aria-controls", "for"):
            for target in attributes.get(name, "").split():
                self.links.append("#" + target)


def check(folder):
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(folder).as_posix()
        try:
            ET.fromstring(text)
        except ET.ParseError as error:
            findings.append(f"{name}: not well-formed: {error}")
        pages[path.resolve()] = (name, Page(text))
    for path in sorted(folder.rglob("*.svg")):
        try:
            ET.parse(path)
        except ET.ParseError as error:
            findings.append(f"{path.relative_to(folder)}: not well-formed: {error}")

    for path, (name, page) in pages.items():
        def say(what):
            findings.append(f"{name}: {what}")

        for problem in page.problems:
            say(problem)
        for twice in sorted({i for i in page.ids if page.ids.count(i) > 1}):
            say("the id " + twice + " stands twice")
        folders = pathlib.PurePosixPath(name).parts[:-1]
        if folders and page.language != folders[0]:
            say(f"its language is {page.language}")
        for tag in ("html", "head", "title", "body", "main", "h1"):
            if page.tags.get(tag) != 1:
                say(f"<{tag}> stands {page.tags.get(tag, 0)} times")
        if page.levels[:1] != [1]:
            say("the first heading is not the page's")
        for above, below in zip(page.levels, page.levels[1:]):
            if below > above + 1:
                say(f"a heading of level {below} under one of level {above}")
        for link in page.loads + page.links:
            is_load = link in page.loads
            url = urllib.parse.urlsplit(link)
            if url.scheme or url.netloc:
                if is_load:
                    say("loaded from elsewhere: " + link)
                continue
            target = (path.parent / urllib.parse.unquote(url.path)).resolve() if url.path else path
            if not target.is_relative_to(folder.resolve()):
                say("leads out of the book: " + link)
            elif not target.is_file():
                say("leads nowhere: " + link)
            elif url.fragment and urllib.parse.unquote(url.fragment) not in pages[target][1].ids:
                say("leads to no place on its page: " + link)
    if not pages:
        findings.append("no pages")
    return len(pages)


def main():
    count = check(pathlib.Path(sys.argv[1]))
    for finding in findings:
        print(finding)
    print(f"{count} pages, {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
