#!/usr/bin/env bash
# Gradescope runs this once, when it builds the autograder's image (choose Ubuntu 24.04). It installs and builds the
# textbook, whose sources lie beside this file; that takes about ten minutes and 3 GB.
set -eu
root=${AUTOGRADER_ROOT:-/autograder}
export TEXTBOOK_CACHE=$root/cache TEXTBOOK_DATA=$root/data
chmod +x "$root/source/textbook/textbook"   # a zip may have lost it
"$root/source/textbook/textbook" exercises
